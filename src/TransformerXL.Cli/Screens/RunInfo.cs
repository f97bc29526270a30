using TransformerXL.Files;
using TransformerXL.Models;
using TransformerXL.Text;
using TransformerXL.Training;
using TransformerXL.Training.Corpora;

namespace TransformerXL.Cli.Screens;

/// <summary>The contents of the folder of a run or of a model folder.</summary>
internal sealed record RunInfo
{
    /// <summary>The folder.</summary>
    public required string Path { get; init; }

    public required ModelFolderConfiguration Configuration { get; init; }

    /// <summary>The configuration of the run; null if the folder is a model folder.</summary>
    public RunConfiguration? Run { get; init; }

    /// <summary>Number of trained values; null if there are no weights yet.</summary>
    public required long? Parameters { get; init; }

    public required Vocabulary Vocabulary { get; init; }

    /// <summary>The state of the training; null before the first checkpoint.</summary>
    public RunCheckpoint? Last { get; init; }

    /// <summary>The checkpoint with the lowest validation loss, if there was a validation.</summary>
    public RunCheckpoint? Best { get; init; }

    /// <summary>The mean of kept checkpoints, if it was computed.</summary>
    public RunCheckpoint? Average { get; init; }

    /// <summary>Checkpoints of earlier steps.</summary>
    public IReadOnlyList<KeptCheckpoint> Kept { get; init; } = [];

    /// <summary>The text as tokens, if it is in the folder.</summary>
    public string? Text { get; init; }

    /// <summary>Bytes of all files of the folder.</summary>
    public required long Bytes { get; init; }

    /// <summary>Reads a folder.</summary>
    /// <exception cref="InputException">It holds no run and no model, damaged files, or weights that are not those of its configuration.</exception>
    public static RunInfo Read(string path) => ModelFolderFiles.IsIn(path) ? OfModel(System.IO.Path.GetFullPath(path)) : OfRun(RunDirectory.Open(path));

    private static RunInfo OfModel(string folder)
    {
        ModelFolderConfiguration configuration = ModelFolderFiles.ReadConfiguration(folder, out _);
        return new RunInfo
        {
            Path = folder,
            Configuration = configuration,
            Parameters = ModelWeights.RequireFit(ModelFolderFiles.Weights(folder), configuration.Model),
            Vocabulary = Vocabulary.Load(ModelFolderFiles.Vocabulary(folder)),
            Bytes = FolderSize.Of(folder),
        };
    }

    private static RunInfo OfRun(RunDirectory run)
    {
        RunConfiguration configuration = run.ReadConfiguration();
        RunCheckpoint? last = RunCheckpoint.Read(run.LastCheckpoint, configuration.Model), best = RunCheckpoint.Read(run.BestCheckpoint, configuration.Model);
        using Corpus? corpus = last is null ? null : Corpus.TryOpen(System.IO.Path.Combine(run.Path, "data"), last.State.TrainingText);
        return new RunInfo
        {
            Path = run.Path,
            Configuration = configuration.ForModelFolder(),
            Run = configuration,
            Parameters = (last ?? best)?.Parameters,
            Vocabulary = run.ReadVocabulary(),
            Last = last,
            Best = best,
            Average = RunCheckpoint.Read(run.AverageCheckpoint, configuration.Model),
            Kept = run.KeptCheckpoints(),
            Text = corpus?.Description,
            Bytes = FolderSize.Of(run.Path),
        };
    }
}
