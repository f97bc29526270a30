using TransformerXL.Files;

namespace TransformerXL.Cli.Terminals;

/// <summary>
/// Input that may block (a keyboard, a pipe) but that Ctrl+C can interrupt: another thread does the blocking reads
/// and is abandoned on cancellation.
/// </summary>
/// <param name="open">Opens the input; for a named pipe this waits for a writer.</param>
/// <param name="stop">Interrupts the waiting.</param>
internal sealed class InterruptibleStream(Func<Stream> open, CancellationToken stop) : ReadOnlyStream
{
    private Stream? _inner;

    /// <summary>The name of the input, for errors.</summary>
    public required string Name { get; init; }

    public override int Read(Span<byte> buffer)
    {
        // The other thread gets its own buffer, because it may still write to it after cancellation.
        stop.ThrowIfCancellationRequested();
        byte[] own = new byte[buffer.Length];
        int count = ReadBehind(own).WaitAsync(stop).GetAwaiter().GetResult();
        own.AsSpan(0, count).CopyTo(buffer);
        return count;
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        byte[] own = new byte[buffer.Length];
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(stop, cancellationToken);
        either.Token.ThrowIfCancellationRequested();
        int count = await ReadBehind(own).WaitAsync(either.Token).ConfigureAwait(false);
        own.AsSpan(0, count).CopyTo(buffer.Span);
        return count;
    }

    protected override void Dispose(bool disposing)
    {
        // Closing a handle that another thread reads from would block.
        if (disposing && !stop.IsCancellationRequested)
        {
            _inner?.Dispose();
        }

        base.Dispose(disposing);
    }

    private Task<int> ReadBehind(byte[] buffer) => Task.Run(() => ReadOrName(buffer), CancellationToken.None);

    /// <summary>The system's error of a stream without a path does not say what could not be read.</summary>
    private int ReadOrName(byte[] buffer)
    {
        try
        {
            return (_inner ??= open()).Read(buffer);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"'{Name}' cannot be read: {FileFault.Reason(exception)}", exception);
        }
    }
}
