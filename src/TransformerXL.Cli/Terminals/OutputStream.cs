using TransformerXL.Files;

namespace TransformerXL.Cli.Terminals;

/// <summary>Standard output; failures are reported to an <see cref="OutputState"/>.</summary>
/// <param name="inner">The stream; null if the caller has closed it.</param>
/// <param name="state">Receives failures.</param>
internal sealed class OutputStream(Stream? inner, OutputState state) : WriteOnlyStream
{
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (state.Failure is { } failure)
        {
            state.Fail(failure);
            return;
        }

        try
        {
            (inner ?? throw new IOException("it is closed")).Write(buffer);
            inner.Flush();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ObjectDisposedException or NotSupportedException)
        {
            state.Fail(exception);
        }
    }
}
