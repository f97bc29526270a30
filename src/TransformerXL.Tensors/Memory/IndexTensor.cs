using TransformerXL.Tensors.Cpu;

namespace TransformerXL.Tensors.Memory;

/// <summary>A row of 32-bit integers in native memory: token ids of a segment.</summary>
public readonly unsafe struct IndexTensor
{
    private readonly NativeBuffer? _owner;

    internal IndexTensor(NativeBuffer owner, int* pointer, int count)
    {
        _owner = owner;
        Pointer = pointer;
        Count = count;
    }

    /// <summary>The number of integers.</summary>
    public int Count { get; }

    /// <summary>Whether it refers to no memory: the value of <c>default</c>.</summary>
    public bool IsEmpty => _owner is null;

    /// <summary>The integers.</summary>
    public Span<int> Span => new(Pointer, Count);

    internal int* Pointer { get; }

    /// <summary>Allocates memory of its own and copies the values.</summary>
    public static IndexTensor From(ReadOnlySpan<int> values)
    {
        NativeBuffer buffer = new((long)values.Length * sizeof(int));
        IndexTensor tensor = new(buffer, (int*)buffer.Pointer, values.Length);
        values.CopyTo(tensor.Span);
        return tensor;
    }
}
