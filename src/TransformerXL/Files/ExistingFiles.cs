namespace TransformerXL.Files;

/// <summary>Protects files of other programs from being overwritten.</summary>
internal static class ExistingFiles
{
    private static ReadOnlySpan<byte> PageBegins => "<!DOCTYPE html>"u8;

    /// <summary>Refuses to replace a file that is not an HTML page.</summary>
    /// <param name="path">The page to write.</param>
    /// <exception cref="InputException">The file exists and is something else.</exception>
    public static void RequirePage(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        Require.That(!Directory.Exists(path), $"{path} is a folder; name a file");
        if (!File.Exists(path))
        {
            return;
        }

        RegularFile.Require(path);
        Span<byte> begin = stackalloc byte[PageBegins.Length];
        using FileStream stream = File.OpenRead(path);
        int read = stream.ReadAtLeast(begin, begin.Length, throwOnEndOfStream: false);
        Require.That(begin[..read].SequenceEqual(PageBegins), $"{path} exists and is not a page; name another file");
    }

    /// <summary>Rejects a folder that holds anything other than the given files and temporary files of killed processes.</summary>
    /// <param name="folder">The folder to fill.</param>
    /// <param name="own">Names of files and folders that may already exist.</param>
    /// <exception cref="InputException">It holds something else, or is a file.</exception>
    public static void RequireNothingElse(string folder, params IReadOnlyCollection<string> own)
    {
        ArgumentNullException.ThrowIfNull(folder);
        Require.That(!File.Exists(folder), $"{folder} is a file; name a folder");
        string? other = Directory.Exists(folder)
            ? Directory.EnumerateFileSystemEntries(folder).Select(Path.GetFileName).FirstOrDefault(name => !own.Contains(name) && !AtomicFile.IsTemporary(name!, null))
            : null;
        Require.That(other is null, $"{folder} holds '{other}' already; name a new or an empty folder");
    }
}
