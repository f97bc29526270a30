using Microsoft.Win32.SafeHandles;

namespace TransformerXL.Files;

/// <summary>
/// A file read at 64-bit offsets. Deliberately not memory-mapped: every reader here copies the bytes
/// anyway, which positional reads do as fast; and a mapped file that another program truncates crashes the process,
/// while a read reports an error; a mapping also counts in the process's resident memory, and prevents replacing the file on Windows.
/// The handle closes itself when it is finalized.
/// </summary>
internal sealed class FileByteSource : ByteSource
{
    private readonly SafeFileHandle _handle;

    public FileByteSource(string path)
    {
        Name = path;
        RegularFile.Require(path);
        try
        {
            _handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, FileOptions.RandomAccess);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
        {
            string remedy = Directory.Exists(path) ? "; give the file itself" : "";
            throw new InputException($"'{path}' cannot be read: {FileFault.Reason(fault, path)}{remedy}", fault);
        }

        try
        {
            Length = RandomAccess.GetLength(_handle);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            _handle.Dispose();
            throw new InputException($"'{path}' cannot be read: {FileFault.Reason(fault)}", fault);
        }
    }

    public override string Name { get; }

    public override long Length { get; }

    public override void Read(long offset, Span<byte> destination)
    {
        int done = 0;
        while (done < destination.Length)
        {
            int got = RandomAccess.Read(_handle, destination[done..], offset + done);
            if (got == 0)
            {
                throw new InputException(
                    $"'{Name}' ends at byte {offset + done}, although it had {Length} bytes when it was opened: another program truncated it");
            }

            done += got;
        }
    }

    public override void Dispose() => _handle.Dispose();
}
