using TransformerXL.Models;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Text;
using TransformerXL.Training.Batches;
using TransformerXL.Training.Corpora;
using TransformerXL.Training.Records;
using TransformerXL.Training.Schedules;

namespace TransformerXL.Training;

/// <summary>
/// Trains a model: segments of the training text, memory carried from each to the next, validation and checkpoints
/// in between. A training that was stopped, or killed, goes on from its last checkpoint to the same weights, bit for bit, as
/// one that was not (same instruction set).
/// </summary>
public sealed class Trainer
{
    private readonly Corpus _corpus;
    private readonly CpuBackend _backend;
    private readonly TimeProvider _clock;
    private readonly BatchSource _source;
    private readonly LearningRateSchedule _schedule;
    private readonly TrainingStep _step;
    private readonly TrainingMeter _meter;
    private readonly TokenBytes? _bytes;
    private readonly ValidationHistory _validations = new();
    private readonly int[] _inputs, _targets;
    private long _stepsTaken, _tokensSeen, _savedSteps;
    private double? _unigramEntropy, _reportedLoss;
    private int _isRunning;
    private bool _isChanged;
    private RunLock? _held;

    private Trainer(RunConfiguration configuration, Corpus corpus, CpuBackend backend, RunDirectory? run, TimeProvider? clock)
    {
        configuration.Validate();
        Require.That(
            corpus.Vocabulary.Count == configuration.Model.VocabularySize,
            $"the corpus has a vocabulary of {corpus.Vocabulary.Count}, but the model one of {configuration.Model.VocabularySize}");
        Require.That(
            configuration.Training is { Schedule: not ScheduleKind.Plateau, Patience: 0 } || corpus.Validation.Count > 1,
            "the schedule Plateau and patience follow validations, but the corpus has no text to validate on");
        (Configuration, Run, _corpus, _backend, _clock) = (configuration, run, corpus, backend, clock ?? TimeProvider.System);
        TrainingConfiguration training = configuration.Training;
        _source = TrainingText.Open(corpus, configuration);
        _inputs = new int[_source.MaxShape.InputCount];
        _targets = new int[_source.MaxShape.TargetCount];
        _schedule = LearningRateSchedule.Create(training.ScheduleOptions());
        Model = LanguageModel.Create(configuration.Model, training.Seed);
        _step = new TrainingStep(Model, configuration.Context, training, backend);
        _meter = new TrainingMeter(configuration, _clock);
        _bytes = TokenBytes.Of(corpus.Vocabulary);
    }

    /// <summary>What is trained, and how.</summary>
    public RunConfiguration Configuration { get; }

    /// <summary>The folder of the run; null if nothing is written.</summary>
    public RunDirectory? Run { get; private set; }

    /// <summary>The model.</summary>
    public LanguageModel Model { get; }

    /// <summary>Whether the training is over before its last step, because validations no longer improved.</summary>
    public bool HasEndedEarly => _stepsTaken < Configuration.Training.Steps && _validations.EndsEarly(Configuration.Training.Patience);

    /// <summary>
    /// The unigram entropy of the training text in nats per token (of at most 16 million tokens, spread over it). A loss
    /// that stays above it says that the model has learned less than how often each token occurs.
    /// </summary>
    public double UnigramEntropy => _unigramEntropy ??= UnigramBaseline.Entropy(_corpus.Train);

    /// <summary>The loss in nats per token to hold against <see cref="UnigramEntropy"/>: of the best validation, or without any of the last steps reported; null before both.</summary>
    public double? ReachedLoss => _validations.BestLoss ?? _reportedLoss;

    /// <summary>Bytes of native memory that the values of a step take, beside weights, gradients and moments.</summary>
    internal long StepBytes => _step.BytesReserved;

    /// <summary>Where the training stands.</summary>
    public TrainingState State => new()
    {
        Step = _stepsTaken,
        Epoch = _source.Epoch,
        NextSegment = _source.Segment,
        TokensSeen = _tokensSeen,
        Seconds = _meter.Seconds,
        BestValidationLoss = _validations.BestLoss,
        BestStep = _validations.BestStep,
        ValidationLoss = _validations.LastLoss,
        ValidationBytesPerToken = _validations.BytesPerToken,
        ValidationsWithoutImprovement = _validations.WithoutImprovement,
        ValidationIsDue = _validations.IsDue,
        Rate = _schedule.State,
        TrainingText = _corpus.Train.SourceIdentity,
        ParameterSteps = _step.Optimizer.Steps,
        Isa = _backend.Isa.ToString(),
    };

    /// <summary>A new training.</summary>
    /// <param name="configuration">Model, lengths and recipe.</param>
    /// <param name="corpus">The text.</param>
    /// <param name="backend">What computes.</param>
    /// <param name="path">A folder for the run, to be made; null to write nothing.</param>
    /// <param name="clock">The clock; that of the system if null.</param>
    /// <param name="initial">A model of the same architecture and vocabulary to begin with; null for random weights.</param>
    /// <param name="held">The lock of the folder if the caller holds it, until the training has ended; null to take it when it is needed.</param>
    /// <param name="replace">Whether a run in the folder of which weights were saved is erased.</param>
    /// <exception cref="InputException">A value of the configuration is not allowed, the text is too short, the folder holds a run already, or the initial model is another one.</exception>
    public static Trainer Create(
        RunConfiguration configuration, Corpus corpus, CpuBackend backend, string? path = null, TimeProvider? clock = null, ModelFolder? initial = null, RunLock? held = null, bool replace = false)
    {
        configuration = initial is null ? configuration : configuration with { Origin = initial.Path };
        // The folder is made only once nothing is wrong with the configuration.
        Trainer trainer = new(configuration, corpus, backend, null, clock);
        if (initial is not null)
        {
            InitialWeights.Copy(initial, trainer.Model, corpus.Vocabulary);
        }

        if (path is not null)
        {
            Require.That(
                initial is null || initial.Path != Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)),
                $"{path} holds the weights that the new run is to begin with; name another folder for it");
            using RunLock? own = held is null ? RunLock.Take(path) : null;
            RunDirectory.RequireFree(path, replace);
            (held ?? own)!.MarkBegun();
            trainer.Run = RunDirectory.Create(path, configuration, corpus.Vocabulary, replace);
            trainer._held = held;
            if (initial is not null)
            {
                // Random weights could be made again after a kill; these could not.
                Checkpoint.Save(trainer.Run.LastCheckpoint, trainer.Model, trainer._step.Optimizer, trainer._step.Memories, trainer.State);
            }
        }

        return trainer;
    }

    /// <summary>Goes on from the last checkpoint of a run, or from its beginning if it has none.</summary>
    /// <param name="path">The folder of the run.</param>
    /// <param name="corpus">The same text as before, with the vocabulary of the run.</param>
    /// <param name="backend">What computes.</param>
    /// <param name="clock">The clock; that of the system if null.</param>
    /// <param name="steps">Another number of steps in all, not fewer than were taken; as before if null.</param>
    /// <param name="patience">Another patience with validations; as before if null.</param>
    /// <param name="held">The lock of the folder if the caller holds it, until the training has ended; null to take it when it is needed.</param>
    /// <exception cref="InputException">There is no run, its files are damaged or missing, the text is another one, or another process trains the run.</exception>
    public static Trainer Resume(
        string path, Corpus corpus, CpuBackend backend, TimeProvider? clock = null, long? steps = null, int? patience = null, RunLock? held = null)
    {
        RunDirectory run = RunDirectory.Open(path);
        // What is read here belongs together only as long as no other process trains.
        using RunLock? own = held is null ? RunLock.Take(path) : null;
        RunConfiguration stored = run.ReadConfiguration(), wanted = stored.Changed(steps, patience);
        run.RequireTraining(stored);
        if (Checkpoint.Exists(run.LastCheckpoint))
        {
            Checkpoint.RequireValues(run.LastCheckpoint, stored.Model);
        }

        Trainer trainer = new(wanted, corpus, backend, run, clock) { _isChanged = wanted != stored, _held = held };
        if (Checkpoint.Exists(run.LastCheckpoint))
        {
            trainer.LoadCheckpoint(run);
        }
        else if (!File.Exists(run.VocabularyFile))
        {
            // A kill came between the first two files of the run.
            corpus.Vocabulary.Save(run.VocabularyFile);
        }

        Require.That(
            steps is null || steps >= trainer._stepsTaken,
            $"{path} has taken {trainer._stepsTaken} steps already; it cannot go on to {steps}");
        return trainer;
    }

    /// <summary>Trains to the last step, or until it is cancelled; then the step is finished and a checkpoint written.</summary>
    /// <exception cref="InvalidOperationException">The training runs already; it can be run again once that has ended.</exception>
    /// <exception cref="TrainingDivergedException">The loss or the gradient norm was not finite; the last checkpoint is as good as before.</exception>
    public Task<TrainingResult> RunAsync(IProgress<TrainingReport>? progress = null, CancellationToken cancellationToken = default) =>
        RunAsync(progress, validation: null, cancellationToken);

    /// <inheritdoc cref="RunAsync(IProgress{TrainingReport}?, CancellationToken)"/>
    /// <param name="progress">Is told every so many steps, and after validations and checkpoints; on the thread that trains.</param>
    /// <param name="validation">Is told about ten times a second how far a validation is.</param>
    /// <param name="cancellationToken">Stops the training; a validation that is under way is then left for the continuation.</param>
    public Task<TrainingResult> RunAsync(IProgress<TrainingReport>? progress, IProgress<ValidationProgress>? validation, CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _isRunning, 1) != 0)
        {
            throw new InvalidOperationException($"this training runs already, at step {_stepsTaken}; wait for the end of the first {nameof(RunAsync)} before another one");
        }

        return Task.Factory.StartNew(() => RunOnce(progress, validation, cancellationToken), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    private TrainingResult RunOnce(IProgress<TrainingReport>? progress, IProgress<ValidationProgress>? validation, CancellationToken cancellationToken)
    {
        try
        {
            return RunToEnd(progress, validation, cancellationToken);
        }
        finally
        {
            Volatile.Write(ref _isRunning, 0);
        }
    }

    private TrainingResult RunToEnd(IProgress<TrainingReport>? progress, IProgress<ValidationProgress>? validation, CancellationToken cancellationToken)
    {
        TrainingConfiguration training = Configuration.Training;
        using RunLock? own = Run is null || _held is not null ? null : TakeLock(Run);
        RunLock? held = _held ?? own;
        if (_isChanged)
        {
            Run!.WriteConfiguration(Configuration);
        }

        using RunRecords? records = Run is null ? null : new RunRecords(Run, _corpus.Vocabulary, _backend, _stepsTaken, _clock, UnigramEntropy);
        void Report(TrainingReport report)
        {
            records?.Write(report);
            progress?.Report(report);
        }

        _meter.Start(_stepsTaken, _tokensSeen);
        bool saved = true, endedBefore = HasEndedEarly;
        if (_validations.IsDue)
        {
            _meter.Pause();
            SaveCheckpoint(validate: true, Report, held, validation, cancellationToken);
            _meter.Continue();
        }

        while (_stepsTaken < training.Steps && !HasEndedEarly && !cancellationToken.IsCancellationRequested)
        {
            (double loss, double norm, double rate) = TakeStep();
            saved = false;
            bool validate = _stepsTaken == training.Steps || (training.ValidateEvery > 0 && _stepsTaken % training.ValidateEvery == 0);
            if (_meter.Add(_stepsTaken, _tokensSeen, _source.Epoch, loss, norm, rate) is { } report)
            {
                _reportedLoss = report.Loss;
                Report(report);
            }

            if (validate || _stepsTaken % training.CheckpointEvery == 0 || CheckpointKeeper.IsDue(training, _stepsTaken))
            {
                _meter.Pause();
                SaveCheckpoint(validate, Report, held, validation, cancellationToken);
                saved = true;
                if (validate)
                {
                    _meter.ContinueAfterValidation();
                }
                else
                {
                    _meter.Continue();
                }
            }
        }

        if (!saved)
        {
            SaveCheckpoint(validate: false, Report, held, null, cancellationToken);
        }

        if (HasEndedEarly && !endedBefore)
        {
            Report(_validations.EarlyStop(_stepsTaken));
        }

        held?.RequireInPlace(_stepsTaken);
        // A validation that was cancelled has not chosen the best weights yet: the continuation makes up for it.
        bool completed = (HasEndedEarly || _stepsTaken >= training.Steps) && !_validations.IsDue;
        return new TrainingResult(State, completed, completed && HasEndedEarly);
    }

    /// <summary>Takes the lock, which was free since the run was made or read: what stands there must still be what this training knows.</summary>
    private RunLock TakeLock(RunDirectory run)
    {
        RunLock held = RunLock.Take(run.Path);
        long onDisk = Checkpoint.Exists(run.LastCheckpoint) ? Checkpoint.ReadState(run.LastCheckpoint).Step : 0;
        TrainingConfiguration training = Configuration.Training;
        if (onDisk == _savedSteps && RunFiles.AreSame(run.ReadConfiguration().Changed(training.Steps, training.Patience), Configuration))
        {
            return held;
        }

        held.Dispose();
        throw new InputException($"{run.Path} has been changed by another process since it was opened: its last checkpoint is of step {onDisk}, and this training knew one of step {_savedSteps}. Resume it again");
    }

    private (double Loss, double Norm, double Rate) TakeStep()
    {
        SegmentShape shape = ReadSegment();
        long step = _stepsTaken + 1;
        double rate = _schedule.RateAt(step);
        if (!float.IsFinite((float)rate))
        {
            throw new TrainingDivergedException(FormattableString.Invariant($"step {step}: the learning rate is {rate}, more than float32 holds; {LastGood()}. Use a lower learning rate"));
        }

        (double loss, double norm) = _step.Run(_inputs.AsSpan(0, shape.InputCount), _targets.AsSpan(0, shape.TargetCount), step, rate);
        if (!double.IsFinite(loss) || !double.IsFinite(norm))
        {
            throw Diverged(step, loss, norm, rate);
        }

        _stepsTaken = step;
        _tokensSeen += shape.TargetCount;
        ReadOnlySpan<int> counted = _step.Counted(_targets.AsSpan(0, shape.TargetCount));
        _meter.Count(counted.Length, _bytes?.Count(counted));
        return (loss, norm, rate);
    }

    private SegmentShape ReadSegment()
    {
        if (!_source.TryRead(_inputs, _targets, out SegmentShape shape))
        {
            // The text begins again, and what went before its first token is no part of it.
            _step.ClearMemories();
            _source.Seek(_source.Epoch + 1, 0);
            Require.That(
                _source.TryRead(_inputs, _targets, out shape),
                $"'{_corpus.Train.Name}' gives no whole segment in epoch {_source.Epoch}; use more text, a smaller batch or shorter targets");
        }

        return shape;
    }

    private TrainingDivergedException Diverged(long step, double loss, double norm, double rate) =>
        new(FormattableString.Invariant(
            $"step {step}: the loss is {loss}, the gradient norm {norm}, at a learning rate of {rate:G4}{SinceWhen(step)}; {LastGood()}. A lower learning rate or a longer warm-up may help"));

    /// <summary>Whether the weights were lost by the step before, or the numbers of this one became too large for float32.</summary>
    private string SinceWhen(long step) => WeightHealth.FirstNotFinite(Model) is { } parameter
        ? $"; the weight '{parameter.Name}' is not finite since step {step - 1}"
        : "; the weights are still finite";

    /// <summary>What is not finite is not saved: a checkpoint must be one that a training can go on from.</summary>
    private void RequireFinite()
    {
        if (Checkpoint.FirstNotFinite(Model, _step.Optimizer, _step.Memories) is { } damaged)
        {
            throw new TrainingDivergedException($"step {_stepsTaken}: {damaged} is not finite after this step; {LastGood()}. A lower learning rate or a longer warm-up may help");
        }
    }

    private string LastGood() => Run is not null && Checkpoint.Exists(Run.LastCheckpoint)
        ? $"the last good checkpoint is of step {Checkpoint.ReadState(Run.LastCheckpoint).Step} in {Run.LastCheckpoint}"
        : "there is no checkpoint yet";

    private void SaveCheckpoint(bool validate, Action<TrainingReport> report, RunLock? held, IProgress<ValidationProgress>? progress, CancellationToken cancellationToken)
    {
        RequireFinite();
        ValidationReport? validation = validate ? Validate(progress, cancellationToken) : null;
        if (validation is not null)
        {
            if (!double.IsFinite(validation.Loss))
            {
                throw new TrainingDivergedException(FormattableString.Invariant(
                    $"step {_stepsTaken}: the validation loss is {validation.Loss}; {LastGood()}. A lower learning rate or a longer warm-up may help"));
            }

            _validations.Add(validation);
            _schedule.Validated(_stepsTaken, validation.Loss);
            report(validation);
        }

        if (Run is null)
        {
            return;
        }

        held?.RequireInPlace(_stepsTaken);
        if (validation is { IsBest: true })
        {
            Checkpoint.SaveWeights(Run.BestCheckpoint, Model, State);
        }

        if (CheckpointKeeper.IsDue(Configuration.Training, _stepsTaken))
        {
            report(CheckpointKeeper.Keep(Run, Configuration.Training, Model, State));
        }

        Checkpoint.Save(Run.LastCheckpoint, Model, _step.Optimizer, _step.Memories, State);
        _savedSteps = _stepsTaken;
        report(new CheckpointReport { Step = _stepsTaken, Path = Run.LastCheckpoint });
    }

    private ValidationReport? Validate(IProgress<ValidationProgress>? progress, CancellationToken cancellationToken)
    {
        try
        {
            return _corpus.Validation.Count > 1
                ? Validation.Run(Model, _corpus, Configuration, _backend, _stepsTaken, _validations.BestLoss, progress, cancellationToken)
                : null;
        }
        catch (ArithmeticException exception)
        {
            throw new TrainingDivergedException($"step {_stepsTaken}, validation: {exception.Message}. {LastGood()}; a lower learning rate or a longer warm-up may help");
        }
        catch (OperationCanceledException)
        {
            // Whoever stops the training wants its state saved, not its validation finished.
            _validations.IsDue = true;
            return null;
        }
    }

    private TrainingState ReadCheckpoint(RunDirectory run)
    {
        try
        {
            return Checkpoint.Load(run.LastCheckpoint, Model, _step.Optimizer, _step.Memories);
        }
        catch (InputException exception)
        {
            throw new InputException($"{exception.Message.TrimEnd('.')}. {LastCheckpointCheck.Advice(run, Configuration)}", exception);
        }
    }

    private void LoadCheckpoint(RunDirectory run)
    {
        TrainingState state = ReadCheckpoint(run);
        Require.That(
            state.TrainingText == _corpus.Train.SourceIdentity,
            $"{run.Path} was trained on another text than the one it is to go on with; the file or its place in the corpus has changed");
        try
        {
            _source.Seek(state.Epoch, state.NextSegment);
        }
        catch (InputException exception)
        {
            throw new InputException($"{run.LastCheckpoint}: {exception.Message}", exception);
        }

        (_stepsTaken, _tokensSeen, _savedSteps) = (state.Step, state.TokensSeen, state.Step);
        _validations.Restore(state);
        _schedule.Restore(state.Rate);
        _meter.Restore(state.Seconds);
    }
}
