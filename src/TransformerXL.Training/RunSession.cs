using TransformerXL.Text;

namespace TransformerXL.Training;

/// <summary>The folder of a training and its lock. A training without a folder writes nothing.</summary>
internal sealed class RunSession
{
    private RunLock? _given, _held;
    private bool _isChanged;

    /// <summary>The folder; null if nothing is written.</summary>
    public RunDirectory? Run { get; private set; }

    /// <summary>The step of the last checkpoint that this training has written or read; 0 before.</summary>
    public long SavedSteps { get; set; }

    /// <summary>A session in the folder of an earlier run.</summary>
    /// <param name="run">The folder.</param>
    /// <param name="given">The lock if the caller holds it.</param>
    /// <param name="isChanged">Whether the configuration is another one than the folder holds.</param>
    public static RunSession Open(RunDirectory run, RunLock? given, bool isChanged) => new() { Run = run, _given = given, _isChanged = isChanged };

    /// <summary>Makes the folder of a new run.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="configuration">What <c>config.json</c> is to hold.</param>
    /// <param name="vocabulary">The vocabulary.</param>
    /// <param name="given">The lock if the caller holds it.</param>
    /// <param name="replace">Whether a run of which weights were saved is erased.</param>
    /// <param name="begun">Is called while the folder is locked.</param>
    public void Begin(string path, RunConfiguration configuration, Vocabulary vocabulary, RunLock? given, bool replace, Action<RunDirectory> begun)
    {
        using RunLock? own = given is null ? RunLock.Take(path) : null;
        RunDirectory.RequireFree(path, replace);
        (given ?? own)!.MarkBegun();
        Run = RunDirectory.Create(path, configuration, vocabulary, replace);
        _given = given;
        begun(Run);
    }

    /// <summary>Locks the folder unless the caller of the training holds the lock, or there is no folder.</summary>
    /// <returns>The lock, to be disposed when the training has ended; null if none was taken.</returns>
    /// <exception cref="InputException">Another process trains the run, or has changed it since it was opened.</exception>
    public RunLock? Enter(RunConfiguration configuration)
    {
        RunLock? own = Run is null || _given is not null ? null : TakeLock(Run, configuration);
        _held = _given ?? own;
        return own;
    }

    /// <summary>Writes the configuration if it is another one than the folder holds.</summary>
    public void WriteChanges(RunConfiguration configuration)
    {
        if (_isChanged)
        {
            Run!.WriteConfiguration(configuration);
        }
    }

    /// <inheritdoc cref="RunLock.RequireInPlace"/>
    public void RequireInPlace(long step) => _held?.RequireInPlace(step);

    /// <summary>Where the last good checkpoint is, as part of a message.</summary>
    public string LastGood() => Run is not null && Checkpoint.Exists(Run.LastCheckpoint)
        ? $"the last good checkpoint is of step {Checkpoint.ReadState(Run.LastCheckpoint).Step} in {Run.LastCheckpoint}"
        : "there is no checkpoint yet";

    /// <summary>Takes the lock, which was free since the run was created or read: the files must still match the state of this training.</summary>
    private RunLock TakeLock(RunDirectory run, RunConfiguration configuration)
    {
        RunLock held = RunLock.Take(run.Path);
        long onDisk = Checkpoint.Exists(run.LastCheckpoint) ? Checkpoint.ReadState(run.LastCheckpoint).Step : 0;
        TrainingConfiguration training = configuration.Training;
        if (onDisk == SavedSteps && RunFiles.AreSame(run.ReadConfiguration().Changed(training.Steps, training.Patience, configuration.Corpus), configuration))
        {
            return held;
        }

        held.Dispose();
        throw new InputException($"{run.Path} has been changed by another process since it was opened: its last checkpoint is of step {onDisk}, and this training knew one of step {SavedSteps}. Resume it again");
    }
}
