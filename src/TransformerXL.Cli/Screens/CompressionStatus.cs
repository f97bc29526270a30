using TransformerXL.Cli.Commands;
using TransformerXL.Cli.Terminals;
using TransformerXL.Compression;
using TransformerXL.Files;

namespace TransformerXL.Cli.Screens;

/// <summary>Shows the progress of a compression or decompression, with the time left if the length of the input is known.</summary>
internal sealed class CompressionStatus(StatusLine line, string what, long total, bool countsPlain) : IProgress<CompressionProgress>
{
    private readonly WorkProgress _progress = new(line);

    public void Report(CompressionProgress value) => _progress.Show(what, countsPlain ? value.PlainBytes : value.CompressedBytes, total, "byte");

    /// <summary>Total bytes of files and folders; 0 if one of them is a pipe.</summary>
    /// <param name="paths">The files and folders.</param>
    /// <param name="stop">Ends the count.</param>
    public static long LengthOf(IEnumerable<string> paths, CancellationToken stop)
    {
        long sum = 0;
        foreach (string path in paths)
        {
            if (path == InputFile.StandardInput)
            {
                return 0;
            }

            FileInfo file = new(path);
            sum += file.Exists ? file.Length : Directory.Exists(path) ? FolderSize.Of(path, stop) : 0;
        }

        return sum;
    }
}
