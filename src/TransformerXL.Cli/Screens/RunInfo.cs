using TransformerXL.Text;
using TransformerXL.Training;
using TransformerXL.Training.Corpora;

namespace TransformerXL.Cli.Screens;

/// <summary>What the folder of a run holds.</summary>
internal sealed record RunInfo
{
    /// <summary>The folder.</summary>
    public required string Path { get; init; }

    public required RunConfiguration Configuration { get; init; }

    public required Vocabulary Vocabulary { get; init; }

    /// <summary>Where the training stands; null before the first checkpoint.</summary>
    public required RunCheckpoint? Last { get; init; }

    /// <summary>The checkpoint with the lowest validation loss, if there was a validation.</summary>
    public required RunCheckpoint? Best { get; init; }

    /// <summary>The mean of kept checkpoints, if it was computed.</summary>
    public required RunCheckpoint? Average { get; init; }

    /// <summary>Checkpoints of earlier steps.</summary>
    public required IReadOnlyList<KeptCheckpoint> Kept { get; init; }

    /// <summary>The text as tokens, if it is in the folder.</summary>
    public required string? Text { get; init; }

    /// <summary>Bytes of all files of the folder.</summary>
    public required long Bytes { get; init; }

    /// <summary>Reads a folder.</summary>
    /// <exception cref="InputException">It holds no run, or damaged files.</exception>
    public static RunInfo Read(string path)
    {
        RunDirectory run = RunDirectory.Open(path);
        RunCheckpoint? last = RunCheckpoint.Read(run.LastCheckpoint);
        using Corpus? corpus = last is null ? null : Corpus.TryOpen(System.IO.Path.Combine(run.Path, "data"), last.State.TrainingText);
        return new RunInfo
        {
            Path = run.Path,
            Configuration = run.ReadConfiguration(),
            Vocabulary = run.ReadVocabulary(),
            Last = last,
            Best = RunCheckpoint.Read(run.BestCheckpoint),
            Average = RunCheckpoint.Read(run.AverageCheckpoint),
            Kept = run.KeptCheckpoints(),
            Text = corpus?.Description,
            Bytes = SizeOf(run.Path),
        };
    }

    internal static long SizeOf(string folder) => new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length);
}
