namespace TransformerXL.Cli.Terminals;

/// <summary>Standard error; what cannot be written is dropped, because there is no other place to tell it, and the work is not to suffer.</summary>
/// <param name="inner">Where to; null if the caller has closed it.</param>
internal sealed class ErrorStream(Stream? inner) : WriteOnlyStream
{
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        try
        {
            inner?.Write(buffer);
            inner?.Flush();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ObjectDisposedException or NotSupportedException)
        {
            // Dropped; the exit code still tells how the command ended.
        }
    }
}
