namespace TransformerXL.Interchange.PyTorch;

/// <summary>A part of a block of numbers that tensors are views of.</summary>
internal sealed class TorchStorage(TorchStorageBlock block, long start, long count)
{
    public TorchStorageBlock Block => block;

    /// <summary>First element within the block.</summary>
    public long Start => start;

    /// <summary>Number of elements.</summary>
    public long Count => count;
}
