using TransformerXL.Files;

namespace TransformerXL.Training.Corpora;

/// <summary>Counts the bytes that are written and discards them: for the size of a compressed text.</summary>
internal sealed class CountingStream : WriteOnlyStream
{
    private long _length;

    public override long Length => _length;

    public override long Position
    {
        get => _length;
        set => throw new NotSupportedException();
    }

    public override void Write(ReadOnlySpan<byte> buffer) => _length += buffer.Length;
}
