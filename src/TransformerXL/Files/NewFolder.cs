namespace TransformerXL.Files;

/// <summary>Creates folders that users have named.</summary>
internal static class NewFolder
{
    /// <summary>Creates a folder and its parents, unless they exist.</summary>
    /// <exception cref="IOException">It cannot be created; the message says why.</exception>
    /// <exception cref="UnauthorizedAccessException">The user may not.</exception>
    public static void Create(string path)
    {
        try
        {
            Directory.CreateDirectory(path);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            // The parent exists, or it would have been created; file systems such as /proc answer that there is no such entry.
            string parent = ExistingParent(path);
            throw new IOException(File.Exists(parent) ? $"'{parent}' is a file, not a folder" : $"the file system at '{parent}' does not allow new folders", exception);
        }
    }

    /// <summary>The folder and its parents that do not exist, the innermost first.</summary>
    /// <param name="path">An absolute path.</param>
    public static IReadOnlyList<string> Missing(string path)
    {
        List<string> missing = [];
        for (string? folder = path; folder is not null && !Path.Exists(folder); folder = Path.GetDirectoryName(folder))
        {
            missing.Add(folder);
        }

        return missing;
    }

    /// <summary>The innermost parent that exists.</summary>
    public static string ExistingParent(string path)
    {
        string full = Path.GetFullPath(path);
        return Path.GetDirectoryName(Missing(full) is [.., var outermost] ? outermost : full) ?? path;
    }
}
