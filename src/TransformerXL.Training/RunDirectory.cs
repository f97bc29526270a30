using TransformerXL.Files;
using TransformerXL.Text;
using TransformerXL.Training.Corpora;

namespace TransformerXL.Training;

/// <summary>
/// The folder of a run; copying it to another machine copies everything. <c>config.json</c>, <c>vocabulary.json</c>,
/// <c>metrics.jsonl</c>, <c>checkpoints/last</c> (weights, optimizer, memories, position), <c>checkpoints/best</c>
/// (the weights with the lowest validation loss), and, where wanted, <c>checkpoints/step-000500</c> (the weights of every so
/// many steps) and <c>checkpoints/average</c> (their mean).
/// </summary>
public sealed class RunDirectory
{
    private readonly RunCheckpoints _checkpoints;

    private RunDirectory(string path) => (Path, _checkpoints) = (path, new RunCheckpoints(path));

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>The checkpoint to go on from.</summary>
    public string LastCheckpoint => _checkpoints.Last;

    /// <summary>The checkpoint with the lowest validation loss.</summary>
    public string BestCheckpoint => _checkpoints.Best;

    /// <summary>The checkpoint with the mean of kept ones.</summary>
    public string AverageCheckpoint => _checkpoints.Average;

    /// <summary>One line of JSON for each report.</summary>
    public string Metrics => System.IO.Path.Combine(Path, RunFolders.Metrics);

    /// <summary>The vocabulary.</summary>
    public string VocabularyFile => System.IO.Path.Combine(Path, RunFolders.Vocabulary);

    internal string ConfigurationFile => System.IO.Path.Combine(Path, RunFolders.Configuration);

    /// <summary>
    /// Whether weights of this run were saved at any time. A run of which nothing was saved, because it failed, diverged or was killed
    /// before, has nothing to lose: a new one may take its place.
    /// </summary>
    public bool HasSaved => HasCheckpointFolder() || MetricsLog.TellsOfCheckpoint(Metrics, System.IO.Path.GetFileName(LastCheckpoint));

    /// <summary>Makes the folder of a new run. A run of which nothing was saved gives way to it.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="configuration">What <c>config.json</c> is to hold.</param>
    /// <param name="vocabulary">The vocabulary.</param>
    /// <param name="replace">Whether a run of which weights were saved gives way too: its files are erased, and nothing else in the folder.</param>
    /// <exception cref="InputException">The folder holds a run already, or files that are not of a run.</exception>
    public static RunDirectory Create(string path, RunConfiguration configuration, Vocabulary vocabulary, bool replace = false)
    {
        ArgumentNullException.ThrowIfNull(vocabulary);
        RunDirectory run = At(path);
        run.CheckFree(path, replace);
        if (File.Exists(run.ConfigurationFile))
        {
            RunErasure.Erase(run);
        }

        NewFolder.Create(run.Path);
        // The configuration comes first: a folder that holds it is known as that of a run, whatever a kill leaves out.
        run.WriteConfiguration(configuration);
        vocabulary.Save(run.VocabularyFile);
        return run;
    }

    /// <summary>
    /// Refuses a folder in which a new run would write over files that are there: those of a run of which weights were saved, or those of
    /// something else than a run. Token files of its text may be there.
    /// </summary>
    /// <param name="path">The folder.</param>
    /// <param name="replace">Whether a run of which weights were saved may be replaced.</param>
    /// <exception cref="InputException">There are such files.</exception>
    public static void RequireFree(string path, bool replace = false) => At(path).CheckFree(path, replace);

    private static RunDirectory At(string path)
    {
        Require.Path(path);
        return new RunDirectory(System.IO.Path.GetFullPath(path));
    }

    /// <summary>Whether a folder holds a run; null if it does not.</summary>
    public static RunDirectory? Find(string path)
    {
        RunDirectory run = At(path);
        return RunFolders.IsRun(run.Path) && File.Exists(run.ConfigurationFile) && !ModelFolderFiles.IsIn(run.Path) ? run : null;
    }

    /// <summary>Keeps the files of a model folder from a training.</summary>
    internal static void RequireNoModel(string folder) =>
        Require.That(!ModelFolderFiles.IsIn(folder), $"'{folder}' is a model folder, which no training writes over; name another folder");

    private void CheckFree(string shown, bool replace)
    {
        Require.That(!File.Exists(Path), $"{Path} is a file; name a folder");
        RequireNoModel(shown);
        if (File.Exists(ConfigurationFile))
        {
            Require.That(
                RunFolders.IsBegun(Path),
                $"{ConfigurationFile} is there already, and not of a run; name another folder");
            Require.That(replace || !HasSaved, $"{shown} holds a run already; resume it, replace it, or name another folder");
            return;
        }

        string? other = ((string[])[VocabularyFile, Metrics, System.IO.Path.Combine(Path, RunFolders.Report)]).FirstOrDefault(File.Exists)
            ?? (Directory.Exists(_checkpoints.Folder) ? _checkpoints.Folder : null);
        Require.That(other is null, $"{other} is there already, and not of a run; name another folder");
    }

    private bool HasCheckpointFolder() =>
        Directory.Exists(_checkpoints.Folder) && Directory.EnumerateDirectories(_checkpoints.Folder).Any(folder => Checkpoint.IsSaved(folder));

    /// <summary>Opens the folder of a run.</summary>
    /// <exception cref="InputException">There is no run in it, or it is a model folder; the message then says how to start a training from it.</exception>
    public static RunDirectory Open(string path)
    {
        RunDirectory run = At(path);
        Require.That(Directory.Exists(path), File.Exists(path) ? $"'{path}' is a file, but the folder of a run or a model is needed" : $"there is no folder '{path}'");
        Require.That(File.Exists(run.ConfigurationFile), $"'{path}' is not the folder of a run: it holds no config.json");
        Require.That(!ModelFolderFiles.LacksWeights(run.Path), ModelFolderFiles.WeightsMissing(path));
        Require.That(
            !ModelFolderFiles.IsIn(run.Path),
            $"{path} has no training to continue: it is a model folder, which holds weights{run.OfOrigin()} and no run. Begin a run from its weights",
            RunRemedies.Begin(path, old: null, folder: null));
        return run;
    }

    private string OfOrigin() => ModelFolderFiles.ReadConfiguration(Path, out _).Origin is { } origin ? $" from {origin}" : "";

    /// <summary>Reads <c>config.json</c>.</summary>
    public RunConfiguration ReadConfiguration() => RunFiles.ReadConfiguration(ConfigurationFile);

    /// <summary>
    /// Throws if there is no training to resume: the folder holds only weights that were copied there, or a last
    /// checkpoint that lacks a file.
    /// </summary>
    /// <exception cref="InputException">There is none; the message names the remedy.</exception>
    public void RequireTraining(RunConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        LastCheckpointCheck.Check(this, configuration);
        if (Checkpoint.Exists(LastCheckpoint))
        {
            RequireWholeVocabulary();
        }

        if (configuration.Origin is { } origin && !Checkpoint.Exists(LastCheckpoint))
        {
            throw new InputException(HasSaved
                ? $"{Path} has no training to continue: it holds weights from {origin}, but no checkpoint of a training and no text. Begin a new run from its weights"
                : $"{Path} has no training to continue: it was to begin with the weights of {origin}, but ended before anything was saved. Begin it again")
            {
                Remedies = HasSaved ? RunRemedies.Begin(Path, old: null, folder: null) : RunRemedies.Begin(origin, configuration, Path),
            };
        }
    }

    /// <summary>Throws if <c>vocabulary.json</c> is missing or damaged: the training does not read it, but no other command could use the model.</summary>
    private void RequireWholeVocabulary()
    {
        string data = System.IO.Path.Combine(Path, RunFolders.Tokens);
        string? copy = !Directory.Exists(data) ? null : Directory.EnumerateDirectories(data).Order(StringComparer.Ordinal)
            .Select(folder => System.IO.Path.Combine(folder, RunFolders.Vocabulary)).FirstOrDefault(File.Exists);
        string remedy = copy is null ? "Put a copy back" : $"Put a copy back; the folder of its text has one: {copy}";
        Require.That(File.Exists(VocabularyFile), $"{VocabularyFile} is missing, and without it the model can neither read nor write text. {remedy}");
        try
        {
            ReadVocabulary();
        }
        catch (InputException exception)
        {
            throw new InputException($"{exception.Message.TrimEnd('.')}. {remedy}", exception);
        }
    }

    /// <summary>Reads <c>vocabulary.json</c>.</summary>
    public Vocabulary ReadVocabulary() => Vocabulary.Load(VocabularyFile);

    /// <summary>The checkpoints that were kept, the oldest first.</summary>
    public IReadOnlyList<KeptCheckpoint> KeptCheckpoints() => [.. _checkpoints.Kept().Select(kept => new KeptCheckpoint(kept.Step, kept.Path))];

    /// <summary>The folder of a checkpoint by its name: <c>best</c>, <c>last</c>, <c>average</c> or <c>step-N</c>.</summary>
    /// <exception cref="InputException">There is no such name, or no such checkpoint; the message lists those that exist.</exception>
    public string FindCheckpoint(string name) => _checkpoints.Find(name);

    /// <summary>The folder for the kept weights of a step.</summary>
    internal string KeptCheckpoint(long step) => _checkpoints.OfStep(step);

    /// <summary>Replaces <c>config.json</c>, when a training is to go on otherwise than it was begun.</summary>
    /// <remarks>With the sizes that were left 0 for their default, so that readers of the file need not know the defaults.</remarks>
    internal void WriteConfiguration(RunConfiguration configuration) =>
        RunFiles.Write(ConfigurationFile, configuration with { Model = configuration.Model.Resolve() });
}
