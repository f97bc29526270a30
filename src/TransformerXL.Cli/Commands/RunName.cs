namespace TransformerXL.Cli.Commands;

/// <summary>What a model is called on a page.</summary>
internal static class RunName
{
    /// <summary>The name of its folder, not of those above, which are nobody's business.</summary>
    public static string Of(string folder) => Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)));
}
