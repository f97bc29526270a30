using TransformerXL.Compression.Container;

namespace TransformerXL.Compression;

/// <summary>
/// Compresses streams of any bytes and any length without loss, by predicting each byte from those before it. Compression and decompression take the same
/// time and a constant amount of memory. The format is described in <c>docs/compression.md</c>.
/// </summary>
public static class Compressor
{
    /// <summary>Compresses a stream.</summary>
    /// <param name="input">Is read to its end; it is not closed and need not be seekable.</param>
    /// <param name="output">Takes the compressed bytes; it is not closed and need not be seekable.</param>
    /// <param name="options">How; the standard profile if null.</param>
    /// <param name="progress">Told every few kilobytes.</param>
    /// <param name="cancellationToken">Ends the work; what was written is then no whole file.</param>
    /// <exception cref="ArgumentException">The input cannot be read, or the output cannot be written to.</exception>
    /// <exception cref="InputException">The options are not valid.</exception>
    public static Task<CompressionResult> CompressAsync(
        Stream input, Stream output, CompressionOptions? options = null, IProgress<CompressionProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        CheckStreams(input, output);
        return CompressAsync(input, output, ContentKind.Bytes, RemainingLength(input), options ?? new CompressionOptions(), progress, cancellationToken);
    }

    /// <summary>Decompresses a stream. Only blocks whose checksum is right are written.</summary>
    /// <param name="input">A whole compressed file; it is read to its end, not closed, and need not be seekable.</param>
    /// <param name="output">Takes the plain bytes; it is not closed and need not be seekable.</param>
    /// <param name="options">How; the defaults if null.</param>
    /// <param name="progress">Told every few kilobytes.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <exception cref="ArgumentException">The input cannot be read, or the output cannot be written to.</exception>
    /// <exception cref="InputException">
    /// The bytes are no compressed file, are damaged or cut, or need more memory than is allowed. Whole blocks before the damage may have been written.
    /// </exception>
    public static async Task<CompressionResult> DecompressAsync(
        Stream input, Stream output, DecompressionOptions? options = null, IProgress<CompressionProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        CheckStreams(input, output);
        options ??= new DecompressionOptions();
        options.Validate();
        using ContainerReader reader = new(input, options, progress);
        await reader.ReadHeaderAsync(cancellationToken).ConfigureAwait(false);
        return await reader.CopyToAsync(output, cancellationToken).ConfigureAwait(false);
    }

    internal static async Task<CompressionResult> CompressAsync(
        Stream input, Stream output, ContentKind content, long? length, CompressionOptions options, IProgress<CompressionProgress>? progress, CancellationToken cancellationToken)
    {
        options.Validate();
        using ContainerWriter writer = new(output, content, options, progress);
        return await writer.WriteAsync(input, length, cancellationToken).ConfigureAwait(false);
    }

    private static void CheckStreams(Stream input, Stream output)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(output);
        if (!input.CanRead)
        {
            throw new ArgumentException("the stream cannot be read", nameof(input));
        }

        if (!output.CanWrite)
        {
            throw new ArgumentException("the stream cannot be written to", nameof(output));
        }
    }

    private static long? RemainingLength(Stream input) => input.CanSeek ? Math.Max(0, input.Length - input.Position) : null;
}
