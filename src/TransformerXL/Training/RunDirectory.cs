using TransformerXL.Data;

namespace TransformerXL.Training;

/// <summary>
/// The folder of a run; copying it to another machine copies everything. <c>config.json</c>, <c>vocabulary.json</c>,
/// <c>metrics.jsonl</c>, <c>checkpoints/last</c> (weights, optimizer, memories, position) and <c>checkpoints/best</c>
/// (the weights with the lowest validation loss).
/// </summary>
public sealed class RunDirectory
{
    private RunDirectory(string path) => Path = path;

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>The checkpoint to go on from.</summary>
    public string LastCheckpoint => System.IO.Path.Combine(Path, "checkpoints", "last");

    /// <summary>The checkpoint with the lowest validation loss.</summary>
    public string BestCheckpoint => System.IO.Path.Combine(Path, "checkpoints", "best");

    /// <summary>One line of JSON for each report.</summary>
    public string Metrics => System.IO.Path.Combine(Path, "metrics.jsonl");

    private string ConfigurationFile => System.IO.Path.Combine(Path, "config.json");

    private string VocabularyFile => System.IO.Path.Combine(Path, "vocabulary.json");

    /// <summary>Makes the folder of a new run.</summary>
    /// <exception cref="InputException">The folder holds a run already.</exception>
    public static RunDirectory Create(string path, RunConfiguration configuration, Vocabulary vocabulary)
    {
        RunDirectory run = new(System.IO.Path.GetFullPath(path));
        Require.That(!File.Exists(run.ConfigurationFile), $"{path} holds a run already; resume it, or name another folder");
        Directory.CreateDirectory(run.Path);
        vocabulary.Save(run.VocabularyFile);
        RunFiles.Write(run.ConfigurationFile, configuration);
        return run;
    }

    /// <summary>Opens the folder of a run.</summary>
    /// <exception cref="InputException">There is no run in it.</exception>
    public static RunDirectory Open(string path)
    {
        RunDirectory run = new(System.IO.Path.GetFullPath(path));
        Require.That(Directory.Exists(path), $"there is no folder {path}");
        Require.That(File.Exists(run.ConfigurationFile), $"{path} is not the folder of a run: it holds no config.json");
        return run;
    }

    /// <summary>Reads <c>config.json</c>.</summary>
    public RunConfiguration ReadConfiguration() => RunFiles.ReadConfiguration(ConfigurationFile);

    /// <summary>Reads <c>vocabulary.json</c>.</summary>
    public Vocabulary ReadVocabulary() => Vocabulary.Load(VocabularyFile);

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
