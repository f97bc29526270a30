namespace TransformerXL.Tests;

/// <summary>Finds the reference fixtures: the copies in the repository, and the folder in TXL_FIXTURES if that is set.</summary>
internal static class FixtureFolders
{
    public static string Repository { get; } = FindRepository();

    /// <summary>The folders that hold case folders.</summary>
    public static IEnumerable<string> Roots()
    {
        yield return Path.Combine(Repository, "tests", "Fixtures");
        if (Environment.GetEnvironmentVariable("TXL_FIXTURES") is { Length: > 0 } given)
        {
            yield return given;
        }
    }

    /// <summary>The folders of one case, as many as there are.</summary>
    public static IEnumerable<string> OfCase(string name) =>
        Roots().Select(root => Path.Combine(root, name)).Where(Directory.Exists);

    private static string FindRepository()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "TransformerXL.slnx")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException($"No TransformerXL.slnx in or above {AppContext.BaseDirectory}.");
    }
}
