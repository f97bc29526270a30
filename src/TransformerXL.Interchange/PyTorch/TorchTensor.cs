using TransformerXL.Files;

namespace TransformerXL.Interchange.PyTorch;

/// <summary>A tensor of a PyTorch file: a view of stored numbers, checked to lie within them.</summary>
public sealed class TorchTensor
{
    private readonly long[] _shape;
    private readonly long[] _strides;

    internal TorchTensor(TorchStorageBlock block, long offset, long[] shape, long[] strides, long count)
    {
        Block = block;
        Offset = offset;
        Count = count;
        _shape = shape;
        _strides = strides;
    }

    /// <summary>The type of its elements in the file.</summary>
    public SafetensorsType Type => Block.Type;

    /// <summary>Sizes of the axes, slowest first; empty for a scalar.</summary>
    public IReadOnlyList<long> Shape => _shape;

    /// <summary>Number of elements: the product of the shape, 1 for a scalar.</summary>
    public long Count { get; }

    internal TorchStorageBlock Block { get; }

    /// <summary>First element within the block.</summary>
    internal long Offset { get; }

    internal ReadOnlySpan<long> Sizes => _shape;

    internal ReadOnlySpan<long> Strides => _strides;

    internal long[] ShapeArray => _shape;

    /// <summary>For example <c>F32 [96, 32]</c>.</summary>
    public override string ToString() => $"{SafetensorsTypes.NameOf(Type)} [{string.Join(", ", _shape)}]";
}
