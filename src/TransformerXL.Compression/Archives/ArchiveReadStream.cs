using TransformerXL.Files;

namespace TransformerXL.Compression.Archives;

/// <summary>The bytes of an archive, made while they are read: heads of entries and contents of files.</summary>
internal sealed class ArchiveReadStream(ArchiveSource source) : ReadOnlyStream
{
    private int _next;
    private ReadOnlyMemory<byte> _head;
    private FileStream? _file;
    private long _left;
    private string _path = "";
    private bool _ended;

    public override int Read(Span<byte> buffer)
    {
        if (buffer.IsEmpty)
        {
            return 0;
        }

        while (true)
        {
            if (!_head.IsEmpty)
            {
                int count = Math.Min(buffer.Length, _head.Length);
                _head.Span[..count].CopyTo(buffer);
                _head = _head[count..];
                return count;
            }

            if (_left > 0)
            {
                int count = _file!.Read(buffer[..(int)Math.Min(buffer.Length, _left)]);
                Require.That(count > 0, $"'{_path}' became shorter while it was read");
                _left -= count;
                return count;
            }

            if (!MoveNext())
            {
                return 0;
            }
        }
    }

    protected override void Dispose(bool disposing)
    {
        _file?.Dispose();
        base.Dispose(disposing);
    }

    private bool MoveNext()
    {
        _file?.Dispose();
        _file = null;
        if (_next == source.Entries.Count)
        {
            if (_ended)
            {
                return false;
            }

            _ended = true;
            _head = new byte[] { ArchiveEntry.End };
            return true;
        }

        (ArchiveEntry entry, _path) = source.Entries[_next++];
        _head = entry.ToBytes();
        if (!entry.IsFolder)
        {
            _file = Open(_path);
            Require.That(_file.Length >= entry.Length, $"'{_path}' had {entry.Length} bytes and has {_file.Length} now; it was cut while the archive was written");
            _left = entry.Length;
            Require.That(_left > 0 || _file.Length > 0 || _file.ReadByte() < 0, $"'{_path}' has contents but no length, as files in /proc have; copy it and name the copy");
        }

        return true;
    }

    private static FileStream Open(string path)
    {
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"'{path}' cannot be read: {FileFault.Reason(exception)}", exception);
        }
    }
}
