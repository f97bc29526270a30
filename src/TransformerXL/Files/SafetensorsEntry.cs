namespace TransformerXL.Files;

/// <summary>One tensor of a safetensors file: its checked entry in the header.</summary>
public sealed class SafetensorsEntry : WeightEntry
{
    internal SafetensorsEntry(string name, SafetensorsType type, long[] shape, long begin, long end) : base(name, type, shape)
    {
        Begin = begin;
        End = end;
    }

    /// <inheritdoc/>
    public override long Count => ByteLength / SafetensorsTypes.SizeOf(Type);

    /// <summary>Number of bytes in the file.</summary>
    public long ByteLength => End - Begin;

    /// <summary>CRC-32C of its bytes; null if the file does not name it.</summary>
    internal uint? Checksum { get; set; }

    /// <summary>First byte, counted from the end of the header.</summary>
    internal long Begin { get; }

    /// <summary>The position after its last byte, counted from the end of the header.</summary>
    internal long End { get; }
}
