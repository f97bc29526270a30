using TransformerXL.Tensors.Cpu;

namespace TransformerXL.Tensors.Memory;

/// <summary>A row of 32-bit integers in native memory: token ids of a segment.</summary>
public readonly struct IndexTensor
{
    internal IndexTensor(NativeBuffer owner, long offset, int count) => (Owner, Offset, Count) = (owner, offset, count);

    /// <summary>The number of integers.</summary>
    public int Count { get; }

    /// <summary>Whether it refers to no memory: the value of <c>default</c>.</summary>
    public bool IsEmpty => Owner is null;

    /// <summary>The integers.</summary>
    public Span<int> Span => Owner is null ? [] : Owner.Integers(Offset, Count);

    /// <summary>The owner of the memory.</summary>
    internal NativeBuffer? Owner { get; }

    /// <summary>The first integer, in bytes from the start of <see cref="Owner"/>.</summary>
    internal long Offset { get; }

    /// <summary>Allocates memory of its own and copies the values.</summary>
    public static IndexTensor From(ReadOnlySpan<int> values)
    {
        IndexTensor tensor = new(new NativeBuffer((long)values.Length * sizeof(int)), 0, values.Length);
        values.CopyTo(tensor.Span);
        return tensor;
    }
}
