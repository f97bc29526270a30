using TransformerXL.Cli.Screens;
using TransformerXL.Cli.Terminals;
using TransformerXL.Files;
using TransformerXL.Training;
using TransformerXL.Training.Corpora;
using TransformerXL.Training.Datasets;

namespace TransformerXL.Cli.Commands;

/// <summary>The text of a run, as token files in the folder of the run.</summary>
/// <param name="terminal">Shows the progress and what was left out.</param>
/// <param name="textOption">The option of the command that names another text, for messages; null if it has none.</param>
internal sealed class RunText(Terminal terminal, string? textOption = "--data")
{
    private const string Folder = "data";

    private string Advice => textOption is null ? "" : $". Name a text with {textOption}";

    /// <summary>Prepares the text of a new run.</summary>
    public Corpus Prepare(CorpusOptions options, string runPath, CancellationToken stop)
    {
        using StatusLine status = new(terminal);
        return TellLeftOut(Corpus.Prepare(options, Path.Combine(runPath, Folder), new StatusProgress(status), stop));
    }

    private Corpus TellLeftOut(Corpus corpus)
    {
        if (corpus.LeftOut is { } note)
        {
            terminal.Notes.WriteLine($"txl: {note}");
        }

        return corpus;
    }

    /// <summary>The text that a run was trained on: its own token files, or, if they are missing, token files prepared again from the files in its configuration.</summary>
    /// <exception cref="InputException">Both are missing, or the files have changed.</exception>
    public Corpus Reopen(string path, CancellationToken stop)
    {
        if (ModelFolderFiles.IsIn(path))
        {
            throw new InputException($"'{path}' has no text: it is a model folder{Advice}");
        }

        RunDirectory run = RunDirectory.Open(path);
        RunConfiguration configuration = run.ReadConfiguration();
        if (configuration.Task is not null)
        {
            throw new InputException($"'{path}' has no text: it was trained on labelled examples{Advice}");
        }

        if (TryOpen(path) is { } kept)
        {
            return kept;
        }

        string? identity = IdentityOf(run);
        CorpusOptions options = configuration.Corpus ?? throw new InputException(configuration.Origin is null
            ? $"{run.Path} does not say which text it was trained on"
            : $"{run.Path} has no text: its weights came from {configuration.Origin}{Advice}");
        Corpus corpus = Prepare(options, run.Path, stop);
        return identity is null || corpus.Train.SourceIdentity == identity
            ? corpus
            : throw new InputException($"the text of {run.Path} has changed since it was trained: {corpus.Description}");
    }

    /// <summary>The token files of a run, if they are in its folder; a model folder has none.</summary>
    public static Corpus? TryOpen(string path) =>
        RunDirectory.Find(path) is { } run && IdentityOf(run) is { } identity ? Corpus.TryOpen(Path.Combine(run.Path, Folder), identity) : null;

    /// <summary>Prepares other text with the vocabulary of a model.</summary>
    public Corpus PrepareOther(string path, ModelFolder trained, CancellationToken stop)
    {
        // For a prepared data set this is its test text.
        path = DatasetManifest.IsIn(path) ? Path.Combine(path, DatasetManifest.Read(path).Test) : path;
        CorpusOptions options = new() { Path = path, ValidationFraction = 0, TestFraction = 0 };
        using StatusLine status = new(terminal);
        string cache = Path.Combine(trained.Path, Folder);
        if (FolderAccess.CanCreateIn(cache))
        {
            return TellLeftOut(Corpus.Prepare(options, cache, trained.Vocabulary, new StatusProgress(status), stop));
        }

        // A model may lie on a file system that this user cannot write; its text is then prepared for this call alone.
        string temporary = Directory.CreateTempSubdirectory("txl-").FullName;
        try
        {
            Corpus corpus = Corpus.Prepare(options, temporary, trained.Vocabulary, new StatusProgress(status), stop);
            corpus.Temporary = temporary;
            return TellLeftOut(corpus);
        }
        catch
        {
            Directory.Delete(temporary, recursive: true);
            throw;
        }
    }

    /// <summary>The identity of the training text's source, from any checkpoint.</summary>
    public static string? IdentityOf(RunDirectory run)
    {
        foreach (string checkpoint in ((string[])[run.LastCheckpoint, run.BestCheckpoint]).Where(Checkpoint.Exists))
        {
            try
            {
                return Checkpoint.ReadState(checkpoint).TrainingText;
            }
            catch (InputException)
            {
                // The weights of the other one may be whole; a command that needs this one names its damage.
            }
        }

        return null;
    }

    private sealed class StatusProgress(StatusLine line) : IProgress<CorpusProgress>
    {
        private readonly WorkProgress _progress = new(line);

        public void Report(CorpusProgress value) => _progress.Show($"{value.Stage} the text", value.BytesDone, value.BytesTotal);
    }
}
