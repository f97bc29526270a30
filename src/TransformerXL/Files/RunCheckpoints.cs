using System.Globalization;

namespace TransformerXL.Files;

/// <summary>The checkpoints in the folder of a run by name.</summary>
/// <param name="run">The folder of the run.</param>
internal sealed class RunCheckpoints(string run)
{
    public const string FolderName = "checkpoints", AverageName = "average";

    private const string BestName = "best", LastName = "last", StepPrefix = "step-";

    /// <summary>The folder that holds them.</summary>
    public string Folder { get; } = Path.Combine(run, FolderName);

    /// <summary>The checkpoint to resume from.</summary>
    public string Last => Path.Combine(Folder, LastName);

    /// <summary>The checkpoint with the lowest validation loss.</summary>
    public string Best => Path.Combine(Folder, BestName);

    /// <summary>The checkpoint with the average of kept checkpoints.</summary>
    public string Average => Path.Combine(Folder, AverageName);

    /// <summary>Whether a folder has a folder of checkpoints.</summary>
    public static bool AreIn(string folder) => Directory.Exists(Path.Combine(folder, FolderName));

    /// <summary>The step in the name of a kept checkpoint; null if it is not that of one.</summary>
    public static long? StepOf(string name) =>
        name.StartsWith(StepPrefix, StringComparison.Ordinal) && long.TryParse(name.AsSpan(StepPrefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out long step) ? step : null;

    /// <summary>Whether the name of a folder is that of a checkpoint.</summary>
    public static bool IsName(string name) => name is BestName or LastName or AverageName || StepOf(name) is not null;

    /// <summary>The folder for the kept weights of a step.</summary>
    public string OfStep(long step) => Path.Combine(Folder, string.Create(CultureInfo.InvariantCulture, $"{StepPrefix}{step:D6}"));

    /// <summary>The kept checkpoints, oldest first.</summary>
    public IReadOnlyList<(long Step, string Path)> Kept() => !Directory.Exists(Folder) ? [] :
    [
        .. from folder in Directory.EnumerateDirectories(Folder, StepPrefix + "*")
           let step = StepOf(Path.GetFileName(folder))
           where step is not null && CheckpointFiles.FindWhole(folder) is not null
           orderby step
           select (step.Value, folder),
    ];

    /// <summary>The folder of a checkpoint by its name: <c>best</c>, <c>last</c>, <c>average</c> or <c>step-N</c>.</summary>
    /// <exception cref="InputException">There is no such name, or no such checkpoint; the message lists those that exist.</exception>
    public string Find(string name)
    {
        string? folder = name is BestName or LastName or AverageName ? Path.Combine(Folder, name) : StepOf(name) is { } step ? OfStep(step) : null;
        Require.That(folder is not null && CheckpointFiles.FindWhole(folder) is not null, $"{run} has no checkpoint '{name}'; it has {Present()}");
        return folder!;
    }

    /// <summary>The checkpoint that is used if none is named: the best, or the last if there was no validation.</summary>
    /// <exception cref="InputException">A file of the best checkpoint is missing.</exception>
    public string FindForUse()
    {
        IReadOnlyList<string> missing = CheckpointFiles.Missing(Best, CheckpointFiles.Weights, CheckpointFiles.State);
        Require.That(
            missing.Count == 0,
            $"the checkpoint {Best} lacks {string.Join(" and ", missing)}; if there is a copy of the file, put it back, or take the weights of the checkpoint '{LastName}'");
        return CheckpointFiles.FindWhole(Best) is not null ? Best : Last;
    }

    private string Present()
    {
        string[] folders = [Best, Last, Average, .. Kept().Select(kept => kept.Path)];
        string present = string.Join(", ", folders.Where(folder => CheckpointFiles.FindWhole(folder) is not null).Select(Path.GetFileName));
        return present.Length == 0 ? "none" : present;
    }
}
