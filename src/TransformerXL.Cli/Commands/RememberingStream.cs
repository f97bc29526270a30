using System.Text;
using TransformerXL.Files;

namespace TransformerXL.Cli.Commands;

/// <summary>A text that is read once, whose last part can be shown afterwards. Closes the inner stream.</summary>
internal sealed class RememberingStream(Stream text) : ReadOnlyStream
{
    private const int MaxBytes = 2000;
    private readonly byte[] _last = new byte[MaxBytes];
    private int _length;
    private bool _cut;

    /// <summary>The last part of the text; after "..." if it is not the whole text.</summary>
    public string Ending
    {
        get
        {
            ReadOnlySpan<byte> bytes = _last.AsSpan(0, _length);
            while (_cut && !bytes.IsEmpty && (bytes[0] & 0xC0) == 0x80)
            {
                bytes = bytes[1..];
            }

            return (_cut ? "..." : "") + Encoding.UTF8.GetString(bytes).TrimStart('\uFEFF');
        }
    }

    public override int Read(Span<byte> buffer)
    {
        int read = text.Read(buffer);
        Remember(buffer[..read]);
        return read;
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int read = await text.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        Remember(buffer.Span[..read]);
        return read;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            text.Dispose();
        }

        base.Dispose(disposing);
    }

    private void Remember(ReadOnlySpan<byte> bytes)
    {
        int kept = Math.Clamp(MaxBytes - bytes.Length, 0, _length);
        _cut |= kept < _length || bytes.Length > MaxBytes;
        _last.AsSpan(_length - kept, kept).CopyTo(_last);
        bytes = bytes[Math.Max(0, bytes.Length - MaxBytes)..];
        bytes.CopyTo(_last.AsSpan(kept));
        _length = kept + bytes.Length;
    }
}
