namespace TransformerXL.Files;

/// <summary>Bytes in memory.</summary>
internal sealed class MemoryByteSource(string name, ReadOnlyMemory<byte> bytes) : ByteSource
{
    public override string Name => name;

    public override long Length => bytes.Length;

    public override void Read(long offset, Span<byte> destination)
    {
        if (offset < 0 || offset > bytes.Length - destination.Length)
        {
            throw new InputException($"'{name}' has {bytes.Length} bytes; {destination.Length} bytes at offset {offset} are not there");
        }

        bytes.Span.Slice((int)offset, destination.Length).CopyTo(destination);
    }

    public override void Dispose()
    {
        // The memory belongs to the caller.
    }
}
