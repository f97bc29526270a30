using TransformerXL.Files;

namespace TransformerXL.Training.Datasets;

/// <summary>The content of one entry of an archive's stream; disposing leaves the archive open.</summary>
internal sealed class TarContent(Stream archive, long size, string path, string name) : ReadOnlyStream
{
    private const int SkipBytes = 1 << 15;

    private long _done;
    private bool _isFinished;

    public override long Length => size;

    public override long Position
    {
        get => _done;
        set => throw new NotSupportedException();
    }

    /// <summary>Skips to the next header.</summary>
    public void Finish()
    {
        _isFinished = true;
        // Contents are padded to whole blocks.
        long rest = size - _done, filling = (TarHeader.Bytes - (size % TarHeader.Bytes)) % TarHeader.Bytes;
        byte[] skipped = rest + filling > 0 ? new byte[Math.Min(rest + filling, SkipBytes)] : [];
        while (rest + filling > 0)
        {
            int read = archive.Read(skipped, 0, (int)Math.Min(rest + filling, skipped.Length));
            if (read == 0)
            {
                // The padding of the last file may be missing.
                Require.That(rest == 0, CutShort(rest));
                return;
            }

            long content = Math.Min(read, rest);
            (rest, filling) = (rest - content, filling - (read - content));
        }
    }

    public override int Read(Span<byte> buffer)
    {
        ObjectDisposedException.ThrowIf(_isFinished, this);
        int wanted = (int)Math.Min(buffer.Length, size - _done);
        if (wanted == 0)
        {
            return 0;
        }

        int read = archive.Read(buffer[..wanted]);
        Require.That(read > 0, CutShort(size - _done));
        _done += read;
        return read;
    }

    private string CutShort(long missing) => $"'{path}' is cut short: '{InputText.Show(name)}' has {size} bytes, of which {missing} are missing";
}
