using Microsoft.Win32.SafeHandles;

namespace TransformerXL.Files;

/// <summary>
/// A file read at offsets of 64 bits. Not mapped into memory on purpose: every reader here copies the bytes out
/// anyway, which positional reads do as fast; and a mapped file that another program cuts short kills the process,
/// where a read reports it, keeps its pages in this process's resident memory, and blocks its own replacement on Windows.
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
            string reason = Directory.Exists(path) ? "it is a folder; give the file itself." : fault.Message;
            throw new InputException($"Cannot open '{path}': {reason}", fault);
        }

        try
        {
            Length = RandomAccess.GetLength(_handle);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            _handle.Dispose();
            throw new InputException($"Cannot read '{path}': {fault.Message}", fault);
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
                    $"'{Name}' ends at byte {offset + done}, although it had {Length} bytes when it was opened: something cut it short meanwhile.");
            }

            done += got;
        }
    }

    public override void Dispose() => _handle.Dispose();
}
