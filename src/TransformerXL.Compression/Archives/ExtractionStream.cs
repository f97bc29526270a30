using System.Runtime.InteropServices;
using TransformerXL.Files;

namespace TransformerXL.Compression.Archives;

/// <summary>Writes the files of an archive below a folder that did not exist before, so that there are no links in it to follow.</summary>
internal sealed class ExtractionStream(string folder) : WriteOnlyStream
{
    private readonly List<byte> _head = [];
    private readonly List<(string Path, long Modified)> _folders = [];
    private ArchiveEntry? _entry;
    private FileStream? _file;
    private long _left;

    /// <summary>Whether the end of the archive was written.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>Files that were extracted.</summary>
    public int Files { get; private set; }

    /// <summary>Whether neither a file nor a folder was extracted.</summary>
    public bool IsEmpty => Files + _folders.Count == 0;

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            Require.That(!IsComplete, "bytes follow the end of the archive");
            if (_left > 0)
            {
                int count = (int)Math.Min(_left, buffer.Length);
                _file!.Write(buffer[..count]);
                buffer = buffer[count..];
                _left -= count;
                EndFileIfComplete();
                continue;
            }

            int missing = Math.Min(ArchiveEntry.CountBytes(CollectionsMarshal.AsSpan(_head)) - _head.Count, buffer.Length);
            _head.AddRange(buffer[..missing]);
            buffer = buffer[missing..];
            if (_head.Count == ArchiveEntry.CountBytes(CollectionsMarshal.AsSpan(_head)))
            {
                Begin();
            }
        }
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Write(buffer.Span);
        return ValueTask.CompletedTask;
    }

    /// <summary>Flushes the folders to the disk and gives them their times, after everything in them was written.</summary>
    public void Complete()
    {
        for (int i = _folders.Count - 1; i >= 0; i--)
        {
            DiskFlush.Folder(_folders[i].Path);
            Directory.SetLastWriteTimeUtc(_folders[i].Path, Time(_folders[i].Modified));
        }
    }

    /// <summary>Removes a file whose last bytes are missing.</summary>
    public void DropUnfinished()
    {
        if (_file is { } file)
        {
            file.Dispose();
            File.Delete(file.Name);
            _file = null;
        }
    }

    protected override void Dispose(bool disposing)
    {
        _file?.Dispose();
        base.Dispose(disposing);
    }

    private void Begin()
    {
        if (_head[0] == ArchiveEntry.End)
        {
            IsComplete = true;
            return;
        }

        _entry = ArchiveEntry.Read(CollectionsMarshal.AsSpan(_head));
        _head.Clear();
        string path = Path.Combine(folder, _entry.Name);
        try
        {
            if (_entry.IsFolder)
            {
                Directory.CreateDirectory(path);
                _folders.Add((path, _entry.Modified));
                return;
            }

            _file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None);
        }
        catch (IOException exception)
        {
            throw new InputException($"'{_entry.Name}' of the archive cannot be written: {FileFault.Reason(exception)}", exception);
        }

        _left = _entry.Length;
        EndFileIfComplete();
    }

    private void EndFileIfComplete()
    {
        if (_left > 0)
        {
            return;
        }

        string path = _file!.Name;
        DiskFlush.File(_file);
        _file.Dispose();
        _file = null;
        Files++;
        if (_entry!.IsExecutable && !OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, File.GetUnixFileMode(path) | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        }

        File.SetLastWriteTimeUtc(path, Time(_entry.Modified));
    }

    /// <summary>The time of a file: from 1601 on, where Windows begins, to 9999.</summary>
    private static DateTime Time(long seconds) => DateTimeOffset.FromUnixTimeSeconds(Math.Clamp(seconds, -11_644_473_600, 253_402_300_799)).UtcDateTime;
}
