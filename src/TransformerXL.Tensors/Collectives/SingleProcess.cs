using TransformerXL.Tensors.Memory;

namespace TransformerXL.Tensors.Collectives;

/// <summary>One process alone: every sum is the value itself.</summary>
public sealed class SingleProcess : ICollective
{
    /// <inheritdoc/>
    public int Rank => 0;

    /// <inheritdoc/>
    public int Size => 1;

    /// <inheritdoc/>
    public void BeginSum(IReadOnlyList<Tensor> tensors)
    {
    }

    /// <inheritdoc/>
    public void Complete()
    {
    }

    /// <inheritdoc/>
    public void Gather(ReadOnlySpan<double> own, Span<double> all) => own.CopyTo(all);

    /// <inheritdoc/>
    public void Broadcast(Tensor tensor, int root)
    {
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
