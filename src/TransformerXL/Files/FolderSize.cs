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
        FileSystemEnumerable<string> files = new(folder, (ref FileSystemEntry entry) => entry.ToFullPath(), s_all)
        {
            ShouldIncludePredicate = (ref FileSystemEntry entry) => !entry.IsDirectory,
            ShouldRecursePredicate = (ref FileSystemEntry entry) => !entry.Attributes.HasFlag(FileAttributes.ReparsePoint),
        };
        long sum = 0;
        foreach (string file in files)
        {
            cancellationToken.ThrowIfCancellationRequested();
            sum += LengthOf(file);
        }

        return sum;
    }

    /// <summary>The length of a file; 0 of one that is gone, has a name that is not UTF-8, or has no length.</summary>
    public static long LengthOf(string file)
    {
        try
        {
            return new FileInfo(file).Length;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }
}
