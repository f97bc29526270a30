using TransformerXL.Tensors.Collectives;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Testing;

/// <summary>Several "processes" on threads of one, which exchange values through shared lists. A process that fails fails the others.</summary>
public sealed class ThreadCollective : ICollective
{
    private readonly Group _group;
    private readonly List<(Tensor Tensor, float[] Values)> _begun = [];

    private ThreadCollective(Group group, int rank) => (_group, Rank) = (group, rank);

    /// <inheritdoc/>
    public int Rank { get; }

    /// <inheritdoc/>
    public int Size => _group.Members.Length;

    /// <summary>Tensors that this process has sent to the others.</summary>
    public int Broadcasts { get; private set; }

    /// <summary>Runs something once for each of so many processes, and returns what they return by rank.</summary>
    public static T[] Run<T>(int size, Func<ICollective, T> process)
    {
        using Group group = new(size);
        T[] results = new T[size];
        Exception? failure = null;
        Thread[] threads = [.. Enumerable.Range(0, size).Select(rank => new Thread(() =>
        {
            try
            {
                results[rank] = process(group.Members[rank]);
            }
            catch (Exception exception)
            {
                Interlocked.CompareExchange(ref failure, exception, null);
                group.Stop.Cancel();
            }
        }))];
        foreach (Thread thread in threads)
        {
            thread.Start();
        }

        foreach (Thread thread in threads)
        {
            thread.Join();
        }

        return failure is null ? results : throw new InvalidOperationException($"a process failed: {failure.Message}", failure);
    }

    /// <inheritdoc/>
    public void BeginSum(IReadOnlyList<Tensor> tensors) => _begun.AddRange(tensors.Select(tensor => (tensor, tensor.Span.ToArray())));

    /// <inheritdoc/>
    public void Complete()
    {
        foreach ((Tensor tensor, float[] values) in _begun)
        {
            if (!tensor.Span.SequenceEqual(values))
            {
                throw new InvalidOperationException("a tensor changed while its sum was under way");
            }
        }

        _group.Meet();
        ThreadCollective first = _group.Members[0];
        if (_group.Members.Any(member => !member._begun.Select(sum => sum.Values.Length).SequenceEqual(first._begun.Select(sum => sum.Values.Length))))
        {
            throw new InvalidOperationException("the processes began different sums");
        }

        if (Rank == 0)
        {
            for (int i = 0; i < _begun.Count; i++)
            {
                PairwiseSum.Add(Size, rank => _group.Members[rank]._begun[i].Values);
            }
        }

        _group.Meet();
        for (int i = 0; i < _begun.Count; i++)
        {
            first._begun[i].Values.CopyTo(_begun[i].Tensor.Span);
        }

        _group.Meet();
        _begun.Clear();
    }

    /// <inheritdoc/>
    public void Gather(ReadOnlySpan<double> own, Span<double> all)
    {
        _group.Values[Rank] = own.ToArray();
        _group.Meet();
        for (int rank = 0; rank < Size; rank++)
        {
            _group.Values[rank].CopyTo(all[(rank * own.Length)..]);
        }

        _group.Meet();
    }

    /// <inheritdoc/>
    public void Broadcast(Tensor tensor, int root)
    {
        if (Rank == root)
        {
            Broadcasts++;
            _group.Sent = tensor.Span.ToArray();
        }

        _group.Meet();
        _group.Sent.CopyTo(tensor.Span);
        _group.Meet();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private sealed class Group : IDisposable
    {
        private readonly Barrier _barrier;

        public Group(int size)
        {
            _barrier = new Barrier(size);
            Values = new double[size][];
            Members = [.. Enumerable.Range(0, size).Select(rank => new ThreadCollective(this, rank))];
        }

        public ThreadCollective[] Members { get; }

        public double[][] Values { get; }

        public float[] Sent { get; set; } = [];

        public CancellationTokenSource Stop { get; } = new();

        public void Meet() => _barrier.SignalAndWait(Stop.Token);

        public void Dispose()
        {
            _barrier.Dispose();
            Stop.Dispose();
        }
    }
}
