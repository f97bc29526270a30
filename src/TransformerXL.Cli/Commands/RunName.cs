using TransformerXL.Training;

namespace TransformerXL.Cli.Commands;

/// <summary>What a run is called on a page.</summary>
internal static class RunName
{
    /// <summary>The name of its folder, not of those above, which are nobody's business.</summary>
    public static string Of(RunDirectory run) => Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(run.Path)));
}
