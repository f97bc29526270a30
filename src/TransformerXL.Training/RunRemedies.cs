using TransformerXL.Training.Corpora;

namespace TransformerXL.Training;

/// <summary>What to set to begin a new run where an old one cannot go on.</summary>
internal static class RunRemedies
{
    /// <summary>A new run that begins with weights.</summary>
    /// <param name="origin">The folder of the weights.</param>
    /// <param name="old">The configuration of the old run, whose task and text the new one gets; null if it has none.</param>
    /// <param name="folder">The folder of the new run; null if the user has to choose one.</param>
    public static InputRemedy[] Begin(string origin, RunConfiguration? old, string? folder) =>
        [new("origin", origin), .. Task(old), .. Text(old?.Corpus), new("folder", folder ?? "DIR")];

    private static InputRemedy[] Task(RunConfiguration? old) =>
        old?.Task is { } task ? [new("task.kind", task.Kind.ToString().ToLowerInvariant())] : [];

    private static InputRemedy[] Text(CorpusOptions? corpus)
    {
        if (corpus is not { TrainPath: { } train, ValidationPath: { } validation })
        {
            return [new("corpus.path", corpus?.Path ?? "TEXT")];
        }

        InputRemedy[] paths = [new("corpus.trainPath", train), new("corpus.validationPath", validation)];
        return corpus.TestPath is { } test ? [.. paths, new("corpus.testPath", test)] : paths;
    }
}
