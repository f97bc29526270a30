using TransformerXL.Training.Corpora;

namespace TransformerXL.Training;

/// <summary>Tells a run that was killed before its first checkpoint, which begins again, from one whose last checkpoint was damaged.</summary>
internal static class LastCheckpointCheck
{
    /// <summary>Refuses a run whose last checkpoint was written once and is no longer whole: to begin again would erase what else is left of it.</summary>
    /// <exception cref="InputException">It is so; the message names the missing file and how to go on.</exception>
    public static void Check(RunDirectory run, RunConfiguration configuration)
    {
        string last = run.LastCheckpoint;
        IReadOnlyList<string> missing = Checkpoint.Missing(last);
        string? fault = missing.Count > 0 ? $"lacks {string.Join(" and ", missing)}"
            : !Checkpoint.Exists(last) && MetricsLog.TellsOfCheckpoint(run.Metrics, Path.GetFileName(last)) ? $"is missing, although {run.Metrics} tells that it was written"
            : null;
        if (fault is not null)
        {
            throw new InputException($"the checkpoint {last} {fault}, so that the training cannot go on from it. {Advice(run, configuration)}");
        }
    }

    /// <summary>A sentence about what can be done: a command that works.</summary>
    public static string Advice(RunDirectory run, RunConfiguration configuration)
    {
        const string Copy = "If there is a copy of the file, put it back";
        return BestStep(run) is { } step
            ? $"{Copy}; otherwise a new run can begin with the best weights, of step {step}: train --init {Quote(run.Path)} {Text(configuration.Corpus)} --out {Quote(run.Path + "-2")}"
            : $"{Copy}; otherwise train --force with the options of before erases this run and begins it again";
    }

    private static long? BestStep(RunDirectory run)
    {
        try
        {
            return Checkpoint.Exists(run.BestCheckpoint) ? Checkpoint.ReadState(run.BestCheckpoint).Step : null;
        }
        catch (InputException)
        {
            return null;
        }
    }

    private static string Text(CorpusOptions? corpus) => corpus switch
    {
        { Path: { } path } => $"--data {Quote(path)}",
        { TrainPath: { } train, ValidationPath: { } validation } => $"--train {Quote(train)} --valid {Quote(validation)}" + (corpus.TestPath is { } test ? $" --test {Quote(test)}" : ""),
        _ => "--data TEXT",
    };

    private static string Quote(string path) => path.Any(char.IsWhiteSpace) ? $"\"{path}\"" : path;
}
