namespace TransformerXL.Cli.Commands;

/// <summary>The name of a model on a page.</summary>
internal static class RunName
{
    /// <summary>The name of its folder without the parent folders, which a page must not reveal.</summary>
    public static string Of(string folder) => Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)));
}
