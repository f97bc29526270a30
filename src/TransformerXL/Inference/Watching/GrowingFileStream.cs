namespace TransformerXL.Inference.Watching;

/// <summary>
/// Reads a file that another program goes on writing, as <c>tail -F</c> does: at its end it waits for more. Where the file was truncated it is read from its beginning; where another file
/// has its name (a rotated log), the rest of the old one is read first. If the old one does not end with a line, an end of line is added.
/// </summary>
public sealed class GrowingFileStream : Stream
{
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(200);

    private readonly string _path;
    private readonly TimeProvider _clock;
    private FileStream _file;
    private bool _lineEnded = true;

    /// <summary>Opens the file.</summary>
    /// <param name="path">The file; it must exist. If it vanishes later, the stream waits until it is there again.</param>
    /// <param name="clock">Measures the pauses; null for that of the system.</param>
    /// <exception cref="IOException">It cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">It must not be read.</exception>
    public GrowingFileStream(string path, TimeProvider? clock = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        (_path, _clock, _file) = (path, clock ?? TimeProvider.System, Open(path));
    }

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Reads what is there, waiting while there is nothing. It never returns 0 for a buffer that is not empty.</summary>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (!buffer.IsEmpty)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int count = _file.Read(buffer.Span);
            if (count > 0)
            {
                _lineEnded = buffer.Span[count - 1] == '\n';
                return count;
            }

            if (_file.Length < _file.Position)
            {
                _file.Position = 0;
                if (EndLine(buffer.Span))
                {
                    return 1;
                }
            }
            else if (TryOpenSuccessor() is { } successor)
            {
                // What was written to the old file before the new one was opened comes first.
                count = _file.Read(buffer.Span);
                if (count > 0)
                {
                    _lineEnded = buffer.Span[count - 1] == '\n';
                    await successor.DisposeAsync().ConfigureAwait(false);
                    return count;
                }

                await _file.DisposeAsync().ConfigureAwait(false);
                _file = successor;
                if (EndLine(buffer.Span))
                {
                    return 1;
                }
            }
            else
            {
                await Task.Delay(s_pause, _clock, cancellationToken).ConfigureAwait(false);
            }
        }

        return 0;
    }

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => ReadAsync(buffer.AsMemory(offset, count)).AsTask().GetAwaiter().GetResult();

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _file.Dispose();
        }

        base.Dispose(disposing);
    }

    /// <summary>Ends a line that the old text left open.</summary>
    private bool EndLine(Span<byte> buffer)
    {
        bool isOpen = !_lineEnded;
        if (isOpen)
        {
            buffer[0] = (byte)'\n';
            _lineEnded = true;
        }

        return isOpen;
    }

    private static FileStream Open(string path) => new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);

    /// <summary>The file that has the name now; null if it is the one that is open, or if there is none.</summary>
    private FileStream? TryOpenSuccessor()
    {
        FileStream? other = null;
        try
        {
            other = Open(_path);
            if (IsSame(other))
            {
                other.Dispose();
                return null;
            }

            return other;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            other?.Dispose();
            return null;
        }
    }

    /// <summary>Two handles of one file report the same times and the same length, unless the file is written between the two calls; then they agree at a later comparison.</summary>
    private bool IsSame(FileStream other)
    {
        const int Looks = 20;
        for (int look = 0; look < Looks; look++)
        {
            if (Describe(other) == Describe(_file))
            {
                return true;
            }
        }

        return false;
    }

    private static (DateTime Created, DateTime Written, long Length) Describe(FileStream file) =>
        (File.GetCreationTimeUtc(file.SafeFileHandle), File.GetLastWriteTimeUtc(file.SafeFileHandle), file.Length);
}
