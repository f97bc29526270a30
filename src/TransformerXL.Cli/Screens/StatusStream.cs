using TransformerXL.Files;

namespace TransformerXL.Cli.Screens;

/// <summary>A file for sequential reading that shows the progress.</summary>
internal sealed class StatusStream(FileStream inner, WorkProgress progress) : ReadOnlyStream
{
    public override long Length => inner.Length;

    public override long Position
    {
        get => inner.Position;
        set => throw new NotSupportedException();
    }

    public override int Read(Span<byte> buffer)
    {
        Show();
        return inner.Read(buffer);
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Show();
        return inner.ReadAsync(buffer, cancellationToken);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }

    // Counts the previous reads only: the requested bytes have not been processed yet.
    private void Show() => progress.Show("reading", inner.Position, inner.Length);
}
