using System.Globalization;
using TransformerXL.Data;

namespace TransformerXL.Training;

/// <summary>
/// The folder of a run; copying it to another machine copies everything. <c>config.json</c>, <c>vocabulary.json</c>,
/// <c>metrics.jsonl</c>, <c>checkpoints/last</c> (weights, optimizer, memories, position), <c>checkpoints/best</c>
/// (the weights with the lowest validation loss), and, where wanted, <c>checkpoints/step-000500</c> (the weights of every so
/// many steps) and <c>checkpoints/average</c> (their mean).
/// </summary>
public sealed class RunDirectory
{
    private const string StepPrefix = "step-";

    private RunDirectory(string path) => Path = path;

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>The checkpoint to go on from.</summary>
    public string LastCheckpoint => System.IO.Path.Combine(Checkpoints, "last");

    /// <summary>The checkpoint with the lowest validation loss.</summary>
    public string BestCheckpoint => System.IO.Path.Combine(Checkpoints, "best");

    /// <summary>The checkpoint with the mean of kept ones.</summary>
    public string AverageCheckpoint => System.IO.Path.Combine(Checkpoints, "average");

    /// <summary>One line of JSON for each report.</summary>
    public string Metrics => System.IO.Path.Combine(Path, "metrics.jsonl");

    /// <summary>The vocabulary.</summary>
    public string VocabularyFile => System.IO.Path.Combine(Path, "vocabulary.json");

    private string Checkpoints => System.IO.Path.Combine(Path, "checkpoints");

    private string ConfigurationFile => System.IO.Path.Combine(Path, "config.json");

    /// <summary>Makes the folder of a new run.</summary>
    /// <exception cref="InputException">The folder holds a run already.</exception>
    public static RunDirectory Create(string path, RunConfiguration configuration, Vocabulary vocabulary)
    {
        RunDirectory run = At(path);
        Require.That(!File.Exists(run.ConfigurationFile), $"{path} holds a run already; resume it, or name another folder");
        run.RequireFree();
        Directory.CreateDirectory(run.Path);
        vocabulary.Save(run.VocabularyFile);
        run.WriteConfiguration(configuration);
        return run;
    }

    /// <summary>Refuses a folder in which a new run would write over files that are there; token files of its text may be.</summary>
    /// <exception cref="InputException">There are such files.</exception>
    public static void RequireFree(string path) => At(path).RequireFree();

    private static RunDirectory At(string path)
    {
        Require.Path(path);
        return new RunDirectory(System.IO.Path.GetFullPath(path));
    }

    private void RequireFree()
    {
        Require.That(!File.Exists(Path), $"{Path} is a file; name a folder");
        string checkpoints = System.IO.Path.Combine(Path, "checkpoints");
        string? other = ((string[])[VocabularyFile, Metrics, System.IO.Path.Combine(Path, "report.html")]).FirstOrDefault(File.Exists)
            ?? (Directory.Exists(checkpoints) ? checkpoints : null);
        Require.That(other is null, $"{other} is there already, and not of a run; name another folder");
    }

    /// <summary>Opens the folder of a run.</summary>
    /// <exception cref="InputException">There is no run in it.</exception>
    public static RunDirectory Open(string path)
    {
        RunDirectory run = At(path);
        Require.That(Directory.Exists(path), $"there is no folder {path}");
        Require.That(File.Exists(run.ConfigurationFile), $"{path} is not the folder of a run: it holds no config.json");
        return run;
    }

    /// <summary>Reads <c>config.json</c>.</summary>
    public RunConfiguration ReadConfiguration() => RunFiles.ReadConfiguration(ConfigurationFile);

    /// <summary>Throws if there is nothing that a training could go on from: weights that were brought here, and no training of them.</summary>
    /// <exception cref="InputException">It is so; the message tells what to do.</exception>
    public void RequireTraining(RunConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        Require.That(
            configuration.Origin is null || Checkpoint.Exists(LastCheckpoint),
            $"{Path} has no training to go on with: it holds weights from {configuration.Origin}, but no checkpoint of a training and no text. Begin a new run from its weights: train --init {Path} --data TEXT --out DIR");
    }

    /// <summary>Reads <c>vocabulary.json</c>.</summary>
    public Vocabulary ReadVocabulary() => Vocabulary.Load(VocabularyFile);

    /// <summary>The checkpoints that were kept, the oldest first.</summary>
    public IReadOnlyList<KeptCheckpoint> KeptCheckpoints() => !Directory.Exists(Checkpoints) ? [] :
    [
        .. from folder in Directory.EnumerateDirectories(Checkpoints, StepPrefix + "*")
           let step = StepOf(System.IO.Path.GetFileName(folder))
           where step is not null && Checkpoint.Exists(folder)
           orderby step
           select new KeptCheckpoint(step.Value, folder),
    ];

    /// <summary>The folder of a checkpoint by its name: <c>best</c>, <c>last</c>, <c>average</c> or <c>step-N</c>.</summary>
    /// <exception cref="InputException">There is no such name, or no such checkpoint; the message tells what there is.</exception>
    public string FindCheckpoint(string name)
    {
        string? folder = name switch
        {
            "best" => BestCheckpoint,
            "last" => LastCheckpoint,
            "average" => AverageCheckpoint,
            _ => StepOf(name) is { } step ? KeptCheckpoint(step) : null,
        };
        Require.That(folder is not null && Checkpoint.Exists(folder), $"{Path} has no checkpoint '{name}'; it has {Present()}");
        return folder!;
    }

    /// <summary>The folder for the kept weights of a step.</summary>
    internal string KeptCheckpoint(long step) => System.IO.Path.Combine(Checkpoints, string.Create(CultureInfo.InvariantCulture, $"{StepPrefix}{step:D6}"));

    /// <summary>Replaces <c>config.json</c>, when a training is to go on otherwise than it was begun.</summary>
    /// <remarks>With the sizes that were left 0 for their default, so that whoever reads the file need not know the defaults.</remarks>
    internal void WriteConfiguration(RunConfiguration configuration) =>
        RunFiles.Write(ConfigurationFile, configuration with { Model = configuration.Model.Resolve() });

    private string Present()
    {
        string[] folders = [BestCheckpoint, LastCheckpoint, AverageCheckpoint, .. KeptCheckpoints().Select(kept => kept.Path)];
        string present = string.Join(", ", folders.Where(Checkpoint.Exists).Select(System.IO.Path.GetFileName));
        return present.Length == 0 ? "none" : present;
    }

    private static long? StepOf(string name) =>
        name.StartsWith(StepPrefix, StringComparison.Ordinal) && long.TryParse(name.AsSpan(StepPrefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out long step) ? step : null;

    /// <summary>Keeps other processes from training here until the result is disposed; ends with the process however that ends.</summary>
    /// <exception cref="InputException">Another process trains here.</exception>
    internal FileStream Lock()
    {
        try
        {
            return new FileStream(System.IO.Path.Combine(Path, "run.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException exception)
        {
            throw new InputException($"{Path} is in use: another process trains in it ({exception.Message})", exception);
        }
    }
}
