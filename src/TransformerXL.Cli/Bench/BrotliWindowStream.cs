using System.Buffers;
using System.IO.Compression;
using TransformerXL.Files;

namespace TransformerXL.Cli.Bench;

/// <summary>Brotli with its best quality and its largest window, 2^24 bytes, which the framework's stream does not offer.</summary>
internal sealed class BrotliWindowStream(Stream output) : WriteOnlyStream
{
    private const int Quality = 11, WindowBits = 24, BufferBytes = 1 << 16;

    private readonly byte[] _buffer = new byte[BufferBytes];
    private BrotliEncoder _encoder = new(Quality, WindowBits);

    public override void Write(ReadOnlySpan<byte> buffer) => Compress(buffer, isFinal: false);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            Compress([], isFinal: true);
            _encoder.Dispose();
        }

        base.Dispose(disposing);
    }

    private void Compress(ReadOnlySpan<byte> source, bool isFinal)
    {
        OperationStatus status;
        do
        {
            status = _encoder.Compress(source, _buffer, out int consumed, out int written, isFinal);
            output.Write(_buffer, 0, written);
            source = source[consumed..];
        }
        while (status == OperationStatus.DestinationTooSmall);
    }
}
