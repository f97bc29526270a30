using System.IO.Enumeration;

namespace TransformerXL.Files;

/// <summary>Counts the bytes of files.</summary>
internal static class FolderSize
{
    private static readonly EnumerationOptions s_all = new() { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None, IgnoreInaccessible = true };

    /// <summary>Bytes of all files in a folder and the folders in it, as far as they can be read. Links to folders are not followed: they may lead round in a circle.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="cancellationToken">Ends the count.</param>
    public static long Of(string folder, CancellationToken cancellationToken = default)
    {
        FileSystemEnumerable<long> lengths = new(folder, (ref FileSystemEntry entry) => IsLink(entry.Attributes) ? LengthOf(entry.ToFullPath()) : entry.Length, s_all)
        {
            ShouldIncludePredicate = (ref FileSystemEntry entry) => !entry.IsDirectory,
            ShouldRecursePredicate = (ref FileSystemEntry entry) => !IsLink(entry.Attributes),
        };
        long sum = 0;
        foreach (long length in lengths)
        {
            cancellationToken.ThrowIfCancellationRequested();
            sum += length;
        }

        return sum;
    }

    private static bool IsLink(FileAttributes attributes) => attributes.HasFlag(FileAttributes.ReparsePoint);

    /// <summary>The length of a file, or of that which a link leads to; 0 of one that is gone, has a name that is not UTF-8, or has no length.</summary>
    public static long LengthOf(string file)
    {
        try
        {
            return (RegularFile.Target(file) as FileInfo ?? new FileInfo(file)).Length;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }
}
