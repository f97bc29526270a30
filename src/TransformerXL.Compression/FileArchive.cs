using TransformerXL.Compression.Archives;
using TransformerXL.Compression.Container;
using TransformerXL.Files;

namespace TransformerXL.Compression;

/// <summary>Compresses several files and folders into one stream, with their names, order and times, and extracts them.</summary>
public static class FileArchive
{
    /// <summary>Compresses files and folders.</summary>
    /// <param name="paths">The files, and folders with all that they hold. Each is named as the last part of its path.</param>
    /// <param name="output">Takes the compressed bytes.</param>
    /// <param name="options">How; the standard profile if null.</param>
    /// <param name="progress">Told every few kilobytes.</param>
    /// <param name="cancellationToken">Ends the work; what was written is then no whole file.</param>
    /// <exception cref="InputException">A path cannot be read, or is neither file nor folder.</exception>
    public static async Task<CompressionResult> CompressAsync(
        IEnumerable<string> paths, Stream output, CompressionOptions? options = null, IProgress<CompressionProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(paths);
        ArgumentNullException.ThrowIfNull(output);
        ArchiveSource source = ArchiveSource.Of(paths);
        using ArchiveReadStream input = new(source);
        return await Compressor.CompressAsync(input, output, ContentKind.Files, source.Length, options ?? new CompressionOptions(), progress, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Extracts the files of a stream, all of them or none: they are written into a hidden folder and moved when all are complete and right. A name that exists already
    /// is an error, and nothing is moved. If the process is killed while files are moved, the next extraction into the folder moves the rest.
    /// </summary>
    /// <param name="input">What <see cref="CompressAsync"/> wrote.</param>
    /// <param name="folder">The folder to extract into; it is created if it does not exist.</param>
    /// <param name="options">How; the defaults if null. With <see cref="DecompressionOptions.Recover"/> the files before the damage are extracted.</param>
    /// <param name="progress">Told every few kilobytes.</param>
    /// <param name="cancellationToken">Ends the work; nothing is extracted then.</param>
    /// <exception cref="InputException">The stream is damaged, holds no files, or unsafe names, or a file exists already.</exception>
    public static async Task<CompressionResult> ExtractAsync(
        Stream input, string folder, DecompressionOptions? options = null, IProgress<CompressionProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentException.ThrowIfNullOrEmpty(folder);
        options ??= new DecompressionOptions();
        options.Validate();
        using ContainerReader reader = new(input, options, progress);
        await reader.ReadHeaderAsync(cancellationToken).ConfigureAwait(false);
        return await ExtractAsync(reader, folder, options, cancellationToken).ConfigureAwait(false);
    }

    internal static async Task<CompressionResult> ExtractAsync(ContainerReader reader, string folder, DecompressionOptions options, CancellationToken cancellationToken)
    {
        Require.That(reader.Content == ContentKind.Files, "it holds one file's bytes without a name, not an archive of files");
        try
        {
            using AtomicEntries entries = new(folder);
            using ExtractionStream files = new(entries.Staging);
            CompressionResult result = await reader.CopyToAsync(files, cancellationToken).ConfigureAwait(false);
            Require.That(files.IsComplete || result.Damage is not null, "its last entries are missing");
            files.DropUnfinished();
            Require.That(!files.IsEmpty || result.Damage is null, $"{result.Damage}; nothing could be restored");
            files.Complete();
            entries.Place();
            return result;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"'{folder}' cannot be written: {FileFault.Reason(exception)}", exception);
        }
    }
}
