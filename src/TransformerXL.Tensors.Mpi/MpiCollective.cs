using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using TransformerXL.Tensors.Collectives;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Tensors.Mpi;

/// <summary>
/// The processes that <c>mpirun</c> has started, over the Open MPI of the system. A thread of its own makes all calls of MPI, so that sums go on while the
/// backward pass computes.
/// </summary>
public sealed class MpiCollective : ICollective
{
    /// <summary>Values that are summed together: 32 MiB of float32.</summary>
    private const int PieceLength = 1 << 23;

    private readonly BlockingCollection<Action> _work = [];
    private readonly Thread _thread;
    private readonly NativeArray _piece = new(), _outgoing = new(), _incoming = new();
    private OpenMpi _mpi = null!;
    private Messages _messages = null!;
    private SumExchange _exchange = null!;
    private ExceptionDispatchInfo? _failure;

    /// <summary>Joins the processes. One object in the life of a process.</summary>
    /// <param name="compress">
    /// Whether sums send their terms and results as bfloat16, which halves the traffic. The result is the same in all processes, but no longer that of one
    /// process with as many chunks.
    /// </param>
    /// <exception cref="MpiException">Open MPI is not installed, or does not start.</exception>
    public MpiCollective(bool compress = false)
    {
        _thread = new Thread(Loop) { IsBackground = true, Name = "MPI" };
        _thread.Start();
        Do(() =>
        {
            _mpi = OpenMpi.Load();
            (int rank, int size) = _mpi.Start();
            _messages = new Messages(_mpi, rank, size);
            _exchange = new SumExchange(_messages, compress);
        });
    }

    /// <inheritdoc/>
    public int Rank => _messages.Rank;

    /// <inheritdoc/>
    public int Size => _messages.Size;

    /// <inheritdoc/>
    public void BeginSum(IReadOnlyList<Tensor> tensors)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        _work.Add(() => Guard(() => Sum(tensors)));
    }

    /// <inheritdoc/>
    public void Complete() => Do(static () => { });

    /// <inheritdoc/>
    public void Gather(ReadOnlySpan<double> own, Span<double> all)
    {
        if (all.Length != own.Length * Size)
        {
            throw new ArgumentException($"{own.Length} values of each of {Size} processes do not fill {all.Length}", nameof(all));
        }

        int count = own.Length;
        // The thread is idle or works off sums, which use other memory; it touches these two only in the work below.
        _outgoing.Reserve(sizeof(double) * (long)Math.Max(1, count));
        _incoming.Reserve(sizeof(double) * (long)Math.Max(1, count) * Size);
        own.CopyTo(_outgoing.Span<double>(0, count));
        Do(() =>
        {
            _messages.Next();
            foreach (int other in _messages.Others)
            {
                _messages.Receive(_incoming.Address + ((nint)sizeof(double) * count * other), sizeof(double) * (long)count, other);
                _messages.Send(_outgoing.Address, sizeof(double) * (long)count, other);
            }

            _messages.Wait();
        });
        _incoming.Span<double>(0, count * Size).CopyTo(all);
        own.CopyTo(all[(count * Rank)..]);
    }

    /// <inheritdoc/>
    public void Broadcast(Tensor tensor, int root) => Do(() =>
    {
        for (long start = 0; start < tensor.Count; start += PieceLength)
        {
            int length = (int)Math.Min(PieceLength, tensor.Count - start);
            Span<float> values = tensor.Span.Slice((int)start, length);
            _piece.Reserve(sizeof(float) * (long)length);
            _messages.Next();
            if (Rank == root)
            {
                values.CopyTo(_piece.Span<float>(0, length));
                foreach (int other in _messages.Others)
                {
                    _messages.Send(_piece.Address, sizeof(float) * (long)length, other);
                }

                _messages.Wait();
            }
            else
            {
                _messages.Receive(_piece.Address, sizeof(float) * (long)length, root);
                _messages.Wait();
                _piece.Span<float>(0, length).CopyTo(values);
            }
        }
    });

    /// <summary>Ends all processes at once, for one that cannot go on. It does not return.</summary>
    /// <param name="exitCode">The exit code of all.</param>
    public void Abort(int exitCode)
    {
        _messages.Abort(exitCode);
        _work.Add(_messages.EndIfAborted);
        _thread.Join();
    }

    /// <summary>Leaves the processes; every process must come here.</summary>
    public void Dispose()
    {
        if (_work.IsAddingCompleted)
        {
            return;
        }

        _work.Add(() => _mpi.End());
        _work.CompleteAdding();
        _thread.Join();
        _work.Dispose();
        _exchange.Dispose();
        _piece.Dispose();
        _outgoing.Dispose();
        _incoming.Dispose();
    }

    private void Loop()
    {
        foreach (Action action in _work.GetConsumingEnumerable())
        {
            action();
        }
    }

    /// <summary>Does something on the thread of MPI, after all that was begun before.</summary>
    private void Do(Action action)
    {
        using ManualResetEventSlim done = new();
        _work.Add(() =>
        {
            Guard(action);
            done.Set();
        });
        done.Wait();
        _failure?.Throw();
    }

    /// <summary>After a failure nothing more is exchanged; the next call of the training's thread reports it.</summary>
    private void Guard(Action action)
    {
        try
        {
            if (_failure is null)
            {
                action();
            }
        }
        catch (Exception exception) when (exception is MpiException or ArgumentException or OverflowException)
        {
            _failure = ExceptionDispatchInfo.Capture(exception);
        }
    }

    private void Sum(IReadOnlyList<Tensor> tensors)
    {
        _piece.Reserve(sizeof(float) * (long)PieceLength);
        PieceOfTensors piece = new(tensors, PieceLength);
        while (piece.Next())
        {
            piece.CopyTo(_piece.Span<float>(0, piece.Length));
            _exchange.Sum(_piece, piece.Length);
            piece.CopyFrom(_piece.Span<float>(0, piece.Length));
        }
    }
}
