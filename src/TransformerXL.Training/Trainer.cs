using TransformerXL.Files;
using TransformerXL.Models;
using TransformerXL.Tensors;
using TransformerXL.Tensors.Collectives;
using TransformerXL.Training.Corpora;
using TransformerXL.Training.Masking;
using TransformerXL.Training.Schedules;
using TransformerXL.Training.Tasks;

namespace TransformerXL.Training;

/// <summary>
/// Trains a model for a task, the next token of a text unless another is given: steps, with validations and checkpoints
/// in between. A training that was stopped or killed continues from its last checkpoint to the same weights, bit for bit, as
/// one that was not.
/// </summary>
public sealed class Trainer
{
    private readonly Learner _learner;
    private readonly RunSession _session;
    private readonly TrainingCheckpoints _checkpoints;
    private readonly TrainingLoop _loop;
    private int _isRunning;

    private Trainer(RunConfiguration configuration, Func<RunConfiguration, TrainingTask> createTask, Backend backend, TimeProvider? clock, RunSession session, ICollective? collective)
    {
        ArgumentNullException.ThrowIfNull(createTask);
        configuration.Validate();
        TrainingTask task = createTask(configuration);
        RequireValidation(configuration, task.CanValidate);
        task.Collective = collective ?? task.Collective;
        clock ??= TimeProvider.System;
        _session = session;
        _learner = new Learner(configuration, task, backend, clock, session, task.Collective);
        _checkpoints = new TrainingCheckpoints(_learner, session);
        _loop = new TrainingLoop(_learner, session, _checkpoints, backend, clock);
    }

    /// <summary>The configuration of model and training.</summary>
    public RunConfiguration Configuration => _learner.Configuration;

    /// <summary>The folder of the run; null if nothing is written.</summary>
    public RunDirectory? Run => _session.Run;

    /// <summary>The task that the model is trained for.</summary>
    public TrainingTask Objective => _learner.Task;

    /// <summary>The model.</summary>
    public LanguageModel Model => _learner.Task.Model;

    /// <summary>Whether the training is over before its last step, because validations no longer improved.</summary>
    public bool HasEndedEarly => _learner.HasEndedEarly;

    /// <inheritdoc cref="TrainingTask.UnigramEntropy"/>
    public double? UnigramEntropy => _learner.Task.UnigramEntropy;

    /// <summary>The loss in nats to hold against <see cref="UnigramEntropy"/>: of the best validation, or without any of the last steps reported; null before both.</summary>
    public double? ReachedLoss => _learner.Validations.BestLoss ?? _loop.ReportedLoss;

    /// <summary>Bytes of native memory of the values of a step, in addition to weights, gradients and moments.</summary>
    internal long StepBytes => _learner.Step.BytesReserved;

    /// <summary>The position and state of the training.</summary>
    public TrainingState State => _learner.State;

    /// <summary>A new training on a text: in next-token prediction, or in that of masked tokens where the model reads in both directions.</summary>
    /// <param name="configuration">Model, lengths and recipe.</param>
    /// <param name="corpus">The text.</param>
    /// <param name="backend">The backend that computes.</param>
    /// <param name="path">A folder for the run, to be made; null to write nothing.</param>
    /// <param name="clock">The clock; that of the system if null.</param>
    /// <param name="initial">A model of the same architecture and vocabulary to begin with; null for random weights.</param>
    /// <param name="held">The lock of the folder if the caller holds it, until the training has ended; null to take it when it is needed.</param>
    /// <param name="replace">Whether a run in the folder of which weights were saved is erased.</param>
    /// <param name="collective">Processes that train together, each of which calls this method with the same arguments; one alone if null. Process 0 writes the folder.</param>
    /// <exception cref="InputException">A value of the configuration is not allowed, the text is too short, the folder holds a run already, or the initial model is another one.</exception>
    public static Trainer Create(
        RunConfiguration configuration, Corpus corpus, Backend backend, string? path = null, TimeProvider? clock = null, ModelFolder? initial = null, RunLock? held = null, bool replace = false, ICollective? collective = null) =>
        Create(configuration, wanted => TrainingTask.OnText(wanted, corpus, backend), backend, path, clock, initial, held, replace, collective);

    /// <summary>A new training in a task.</summary>
    /// <param name="configuration">Model, lengths and recipe.</param>
    /// <param name="createTask">Makes the task and its model for the configuration.</param>
    /// <param name="backend">The backend that computes.</param>
    /// <param name="path">A folder for the run, to be made; null to write nothing.</param>
    /// <param name="clock">The clock; that of the system if null.</param>
    /// <param name="initial">A model of the same architecture and vocabulary to begin with; null for random weights.</param>
    /// <param name="held">The lock of the folder if the caller holds it, until the training has ended; null to take it when it is needed.</param>
    /// <param name="replace">Whether a run in the folder of which weights were saved is erased.</param>
    /// <param name="collective">Processes that train together, each of which calls this method with the same arguments; one alone if null. Process 0 writes the folder.</param>
    /// <exception cref="InputException">A value of the configuration is not allowed, the folder holds a run already, or the initial model is another one.</exception>
    public static Trainer Create(
        RunConfiguration configuration, Func<RunConfiguration, TrainingTask> createTask, Backend backend, string? path = null, TimeProvider? clock = null, ModelFolder? initial = null, RunLock? held = null, bool replace = false, ICollective? collective = null)
    {
        configuration = initial is null ? configuration : configuration with { Origin = initial.Path };
        // The folder is made only once nothing is wrong with the configuration.
        Trainer trainer = new(configuration, createTask, backend, clock, new RunSession(), collective);
        TrainingTask task = trainer.Objective;
        if (initial is not null)
        {
            InitialWeights.Copy(initial, task.Model, task.Vocabulary);
            if (((task as DocumentTask)?.Head ?? (task as MaskedTask)?.Head) is { } head)
            {
                InitialWeights.CopyHead(initial, head);
            }
        }

        ProcessAgreement.Require(trainer._learner);
        if (path is not null && collective is null or { Rank: 0 })
        {
            Require.That(
                initial is null || initial.Path != Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)),
                $"{path} holds the weights that the new run is to begin with; name another folder for it");
            // Random weights could be made again after a kill; those of another run could not.
            trainer._session.Begin(path, configuration, task.Vocabulary, held, replace, initial is null ? static _ => { } : trainer._checkpoints.SaveLast);
        }

        return trainer;
    }

    /// <summary>Continues next-token prediction from the last checkpoint of a run, or starts it if there is none.</summary>
    /// <param name="path">The folder of the run.</param>
    /// <param name="corpus">The same text as before, with the vocabulary of the run.</param>
    /// <param name="backend">The backend that computes.</param>
    /// <param name="clock">The clock; that of the system if null.</param>
    /// <param name="steps">Another number of steps in all, not fewer than were taken; as before if null.</param>
    /// <param name="patience">Another patience with validations; as before if null.</param>
    /// <param name="held">The lock of the folder if the caller holds it, until the training has ended; null to take it when it is needed.</param>
    /// <param name="collective">Processes that train together, each of which calls this method with the same arguments; one alone if null. All read the folder, and process 0 writes it.</param>
    /// <exception cref="InputException">There is no run, its files are damaged or missing, the text is another one, or another process trains the run.</exception>
    public static Trainer Resume(
        string path, Corpus corpus, Backend backend, TimeProvider? clock = null, long? steps = null, int? patience = null, RunLock? held = null, ICollective? collective = null) =>
        Resume(path, wanted => TrainingTask.OnText(wanted, corpus, backend), backend, clock, steps, patience, held, collective);

    /// <summary>Continues a task from the last checkpoint of a run, or starts it if there is none.</summary>
    /// <param name="path">The folder of the run.</param>
    /// <param name="createTask">Makes the task for the configuration of the run: with the same data as before.</param>
    /// <param name="backend">The backend that computes.</param>
    /// <param name="clock">The clock; that of the system if null.</param>
    /// <param name="steps">Another number of steps in all, not fewer than were taken; as before if null.</param>
    /// <param name="patience">Another patience with validations; as before if null.</param>
    /// <param name="held">The lock of the folder if the caller holds it, until the training has ended; null to take it when it is needed.</param>
    /// <param name="collective">Processes that train together, each of which calls this method with the same arguments; one alone if null. All read the folder, and process 0 writes it.</param>
    /// <param name="files">Where the same data is now, for <c>config.json</c>; where it was if null.</param>
    /// <exception cref="InputException">There is no run, its files are damaged or missing, the data is another one, or another process trains the run.</exception>
    public static Trainer Resume(
        string path, Func<RunConfiguration, TrainingTask> createTask, Backend backend, TimeProvider? clock = null, long? steps = null, int? patience = null, RunLock? held = null, ICollective? collective = null, CorpusOptions? files = null)
    {
        // What is read here belongs together only as long as no other process trains; a folder that is no run is not locked.
        bool writes = collective is null or { Rank: 0 };
        using RunLock? own = writes && held is null && RunDirectory.Find(path) is not null ? RunLock.Take(path) : null;
        RunDirectory run = RunDirectory.Open(path);
        RegularFile.Require(run.Metrics);
        RunConfiguration stored = run.ReadConfiguration(), wanted = stored.Changed(steps, patience, files);
        run.RequireTraining(stored);
        if (Checkpoint.Exists(run.LastCheckpoint))
        {
            Checkpoint.RequireValues(run.LastCheckpoint, stored.Model);
        }

        Trainer trainer = new(wanted, createTask, backend, clock, writes ? RunSession.Open(run, held, isChanged: wanted != stored) : new RunSession(), collective);
        if (Checkpoint.Exists(run.LastCheckpoint))
        {
            trainer._checkpoints.Load(run);
        }
        else if (writes && !File.Exists(run.VocabularyFile))
        {
            // A kill came between the first two files of the run.
            trainer.Objective.Vocabulary.Save(run.VocabularyFile);
        }

        long taken = trainer._learner.StepsTaken;
        Require.That(steps is null || steps >= taken, $"'{path}' has taken {Counted.Of(taken, "step")} already; it cannot be trained to {steps}");
        ProcessAgreement.Require(trainer._learner);
        return trainer;
    }

    /// <summary>Refuses a schedule that follows validations where there is nothing to validate on.</summary>
    internal static void RequireValidation(RunConfiguration configuration, bool canValidate) => Require.That(
        configuration.Training is { Schedule: not ScheduleKind.Plateau, Patience: 0 } || canValidate,
        "the schedule Plateau and patience follow validations, but the corpus has no text to validate on");

    /// <summary>Trains to the last step, or until it is cancelled; then the step is finished and a checkpoint written.</summary>
    /// <exception cref="InvalidOperationException">The training runs already; it can be run again once that has ended.</exception>
    /// <exception cref="TrainingDivergedException">The loss or the gradient norm was not finite; the last checkpoint is as good as before.</exception>
    public Task<TrainingResult> RunAsync(IProgress<TrainingReport>? progress = null, CancellationToken cancellationToken = default) =>
        RunAsync(progress, validation: null, cancellationToken);

    /// <inheritdoc cref="RunAsync(IProgress{TrainingReport}?, CancellationToken)"/>
    /// <param name="progress">Receives a report at the interval of <c>ReportEvery</c> and after validations and checkpoints, on the thread that trains.</param>
    /// <param name="validation">Receives the progress of a validation about ten times a second.</param>
    /// <param name="cancellationToken">Stops the training; a validation that is under way is then left for the continuation.</param>
    public Task<TrainingResult> RunAsync(IProgress<TrainingReport>? progress, IProgress<ValidationProgress>? validation, CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _isRunning, 1) != 0)
        {
            throw new InvalidOperationException($"this training runs already, at step {_learner.StepsTaken}; wait for the end of the first {nameof(RunAsync)} before another one");
        }

        return Task.Factory.StartNew(() => RunOnce(progress, validation, cancellationToken), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    private TrainingResult RunOnce(IProgress<TrainingReport>? progress, IProgress<ValidationProgress>? validation, CancellationToken cancellationToken)
    {
        try
        {
            return _loop.Run(progress, validation, cancellationToken);
        }
        finally
        {
            Volatile.Write(ref _isRunning, 0);
        }
    }
}
