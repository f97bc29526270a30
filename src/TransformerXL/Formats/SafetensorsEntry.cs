namespace TransformerXL.Formats;

/// <summary>One tensor of a safetensors file: what the header says about it, after it was checked.</summary>
public sealed class SafetensorsEntry
{
    private readonly long[] _shape;

    internal SafetensorsEntry(string name, SafetensorsType type, long[] shape, long begin, long end)
    {
        Name = name;
        Type = type;
        _shape = shape;
        Begin = begin;
        End = end;
    }

    /// <summary>The tensor's name.</summary>
    public string Name { get; }

    /// <summary>The type of its elements.</summary>
    public SafetensorsType Type { get; }

    /// <summary>Sizes of the axes, slowest first; empty for a scalar.</summary>
    public IReadOnlyList<long> Shape => _shape;

    /// <summary>Number of elements: the product of the shape, 1 for a scalar.</summary>
    public long Count => ByteLength / SafetensorsTypes.SizeOf(Type);

    /// <summary>Number of bytes in the file.</summary>
    public long ByteLength => End - Begin;

    /// <summary>First byte, counted from the end of the header.</summary>
    internal long Begin { get; }

    /// <summary>Byte after the last one, counted from the end of the header.</summary>
    internal long End { get; }

    /// <summary>For example <c>F32 [96, 32]</c>.</summary>
    public override string ToString() => $"{SafetensorsTypes.NameOf(Type)} [{string.Join(", ", _shape)}]";
}
