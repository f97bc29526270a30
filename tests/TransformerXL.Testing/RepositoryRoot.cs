namespace TransformerXL.Testing;

/// <summary>The folder of the solution, found by walking up from the tests.</summary>
public static class RepositoryRoot
{
    private const string Solution = "TransformerXL.slnx";

    /// <summary>The folder.</summary>
    public static string Folder { get; } = Find(AppContext.BaseDirectory);

    private static string Find(string start)
    {
        for (DirectoryInfo? folder = new(start); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, Solution)))
            {
                return folder.FullName;
            }
        }

        throw new FileNotFoundException($"no folder above {start} holds {Solution}");
    }
}
