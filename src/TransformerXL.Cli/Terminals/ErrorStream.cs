using TransformerXL.Files;

namespace TransformerXL.Cli.Terminals;

/// <summary>Standard error; if writing fails, the text is dropped, because it cannot be reported elsewhere and must not interrupt the work.</summary>
/// <param name="inner">The stream; null if the caller has closed it.</param>
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
            // Dropped; the exit code still reports the result of the command.
        }
    }
}
