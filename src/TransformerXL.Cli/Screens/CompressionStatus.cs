using TransformerXL.Cli.Commands;
using TransformerXL.Cli.Terminals;
using TransformerXL.Compression;

namespace TransformerXL.Cli.Screens;

/// <summary>Shows the progress of a compression or decompression, with the time left if the length of the input is known.</summary>
internal sealed class CompressionStatus(StatusLine line, string what, long total, bool countsPlain) : IProgress<CompressionProgress>
{
    private readonly WorkProgress _progress = new(line);

    public void Report(CompressionProgress value) => _progress.Show(what, countsPlain ? value.PlainBytes : value.CompressedBytes, total, "byte");

    /// <summary>Total bytes of files and folders; 0 if one of them is a pipe.</summary>
    public static long LengthOf(IEnumerable<string> paths)
    {
        long sum = 0;
        foreach (string path in paths)
        {
            if (path == InputFile.StandardInput)
            {
                return 0;
            }

            FileInfo file = new(path);
            sum += file.Exists ? file.Length
                : Directory.Exists(path) ? new DirectoryInfo(path).EnumerateFiles("*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None }).Sum(LengthOf)
                : 0;
        }

        return sum;
    }

    /// <summary>The length of a file; 0 of one that is gone, or has a name that is not UTF-8, which is refused when it is read.</summary>
    private static long LengthOf(FileInfo file)
    {
        try
        {
            return file.Length;
        }
        catch (FileNotFoundException)
        {
            return 0;
        }
    }
}
