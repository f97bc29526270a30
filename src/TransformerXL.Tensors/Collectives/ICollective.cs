using TransformerXL.Tensors.Memory;

namespace TransformerXL.Tensors.Collectives;

/// <summary>
/// Processes that train one model together. Every process calls the same methods in the same order; results are the same,
/// bit for bit, in all of them. Not thread-safe.
/// </summary>
public interface ICollective : IDisposable
{
    /// <summary>The number of this process, from 0. Process 0 writes files and the screen.</summary>
    int Rank { get; }

    /// <summary>The number of processes.</summary>
    int Size { get; }

    /// <summary>
    /// Starts to replace each tensor by its sum over the processes and returns at once. Values are added in pairs of neighbouring
    /// ranks, pairs of pairs, and so on (<see cref="PairwiseSum"/>), so that the order of the sum depends on <see cref="Size"/> alone.
    /// </summary>
    /// <param name="tensors">Tensors of the same shapes in every process. They must not be read or written until <see cref="Complete"/> returns.</param>
    void BeginSum(IReadOnlyList<Tensor> tensors);

    /// <summary>Waits for all started sums.</summary>
    void Complete();

    /// <summary>Collects the values of every process.</summary>
    /// <param name="own">The values of this process; every process has the same number.</param>
    /// <param name="all">Receives those of all, in the order of ranks: <see cref="Size"/> times as many.</param>
    void Gather(ReadOnlySpan<double> own, Span<double> all);

    /// <summary>Copies a tensor from one process to all others.</summary>
    /// <param name="tensor">The tensor; of the same shape in every process.</param>
    /// <param name="root">The rank that has the values.</param>
    void Broadcast(Tensor tensor, int root);
}
