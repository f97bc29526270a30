namespace TransformerXL.Training.Corpora;

/// <summary>The folders in which .NET and its reference packs may be installed.</summary>
internal static class SdkFolders
{
    /// <param name="dotnetRoot">A root named by the user, or null.</param>
    /// <param name="runtimeDirectory">The folder of the running runtime, <c>ROOT/shared/Microsoft.NETCore.App/VERSION</c>.</param>
    /// <param name="searchPath">A list of folders as in <c>PATH</c>, or null.</param>
    public static IReadOnlyList<string> Roots(string? dotnetRoot, string runtimeDirectory, string? searchPath)
    {
        var roots = new List<string>();
        if (!string.IsNullOrWhiteSpace(dotnetRoot))
        {
            roots.Add(Path.GetFullPath(dotnetRoot));
        }
        roots.Add(Path.GetFullPath(Path.Combine(runtimeDirectory, "..", "..", "..")));
        string program = OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet";
        foreach (string folder in (searchPath ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries))
        {
            if (FolderOfProgram(folder, program) is { } root)
            {
                roots.Add(root);
            }
        }
        return [.. roots.Select(Path.TrimEndingDirectorySeparator).Distinct(StringComparer.Ordinal)];
    }

    /// <summary>The folders <c>PACK/VERSION/ref/netX.Y</c>, highest version first.</summary>
    public static IEnumerable<string> DocumentationFolders(string pack) =>
        from version in Subfolders(pack)
        from framework in Subfolders(Path.Combine(version, "ref"))
        where Path.GetFileName(framework).StartsWith("net", StringComparison.Ordinal)
        orderby SortKey(Path.GetFileName(version)) descending, SortKey(Path.GetFileName(framework)[3..]) descending
        select framework;

    private static string? FolderOfProgram(string folder, string program)
    {
        try
        {
            string path = Path.Combine(folder, program);
            return !File.Exists(path) ? null : Path.GetDirectoryName(File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? Path.GetFullPath(path));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            // An entry of the search path that cannot be resolved is skipped.
            return null;
        }
    }

    private static string[] Subfolders(string folder)
    {
        try
        {
            return Directory.GetDirectories(folder);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return [];
        }
    }

    // A release is higher than its previews: "10.0.0" above "10.0.0-rc.1".
    private static (Version Number, bool Release, string Label) SortKey(string version)
    {
        int dash = version.IndexOf('-', StringComparison.Ordinal);
        string number = dash < 0 ? version : version[..dash];
        return (Version.TryParse(number, out Version? parsed) ? parsed : new Version(0, 0), dash < 0, version);
    }
}
