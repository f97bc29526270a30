using TransformerXL.Models;
using TransformerXL.Tensors;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Collectives;
using TransformerXL.Text;
using TransformerXL.Training.Schedules;
using TransformerXL.Training.Tasks;

namespace TransformerXL.Training;

/// <summary>Takes the steps of a training, and holds all that they change and a checkpoint keeps.</summary>
internal sealed class Learner
{
    private readonly RunSession _session;
    private readonly string _isa;
    private readonly int[] _inputs, _targets;

    public Learner(RunConfiguration configuration, TrainingTask task, Backend backend, TimeProvider clock, RunSession session, ICollective collective)
    {
        (Configuration, Task, _session, _isa, Collective) = (configuration, task, session, backend.Name, collective);
        _inputs = new int[task.Source.MaxShape.InputCount];
        _targets = new int[task.Source.MaxShape.TargetCount];
        Schedule = LearningRateSchedule.Create(configuration.Training.ScheduleOptions());
        Step = new TrainingStep(task, configuration, backend, collective);
        Meter = new TrainingMeter(configuration, clock);
    }

    public RunConfiguration Configuration { get; }

    public TrainingTask Task { get; }

    public TrainingStep Step { get; }

    /// <summary>The processes that take the steps together.</summary>
    public ICollective Collective { get; }

    public LearningRateSchedule Schedule { get; }

    public TrainingMeter Meter { get; }

    public ValidationHistory Validations { get; } = new();

    public long StepsTaken { get; private set; }

    public long TokensSeen { get; private set; }

    /// <summary>Whether the training is over before its last step, because validations no longer improved.</summary>
    public bool HasEndedEarly => StepsTaken < Configuration.Training.Steps && Validations.EndsEarly(Configuration.Training.Patience);

    /// <summary>The position and state of the training.</summary>
    public TrainingState State => new()
    {
        Step = StepsTaken,
        Epoch = Task.Source.Epoch,
        NextSegment = Task.Source.Segment,
        TokensSeen = TokensSeen,
        Seconds = Meter.Seconds,
        BestValidationLoss = Validations.BestLoss,
        BestMetric = Validations.BestMetric,
        BestStep = Validations.BestStep,
        ValidationLoss = Validations.LastLoss,
        ValidationBytesPerToken = Validations.BytesPerToken,
        ValidationsWithoutImprovement = Validations.WithoutImprovement,
        ValidationIsDue = Validations.IsDue,
        Rate = Schedule.State,
        Unreported = Meter.Unreported,
        TrainingText = Task.DataIdentity,
        ValidationText = Task.ValidationIdentity,
        ParameterSteps = Step.Optimizer.Steps,
        Isa = _isa,
    };

    /// <summary>Restores the state of a checkpoint; weights, optimizer and memories are read already.</summary>
    /// <exception cref="InputException">The data has no such place.</exception>
    public void Restore(TrainingState state)
    {
        Task.Source.Seek(state.Epoch, state.NextSegment);
        (StepsTaken, TokensSeen) = (state.Step, state.TokensSeen);
        Validations.Restore(state);
        Schedule.Restore(state.Rate);
        Meter.Restore(state.Seconds, state.Unreported);
    }

    /// <summary>Learns from the next batch.</summary>
    /// <exception cref="TrainingDivergedException">Loss, gradient norm or learning rate were not finite; the weights have not moved.</exception>
    public (double Loss, double Norm, double Rate) TakeStep()
    {
        Batch batch = ReadBatch();
        long step = StepsTaken + 1;
        double rate = Schedule.RateAt(step);
        if (!float.IsFinite((float)rate))
        {
            throw new TrainingDivergedException(FormattableString.Invariant($"step {step}: the learning rate of the schedule is beyond float32, whose largest number is {float.MaxValue:G3}; its peak is set to {Configuration.Training.LearningRate:G4}; {_session.LastGood()}. Use a lower learning rate"));
        }

        (double loss, double norm) = Step.Run(batch.Inputs, batch.Targets, step, rate);
        if (!double.IsFinite(loss) || !double.IsFinite(norm))
        {
            throw Diverged(step, loss, norm, rate);
        }

        StepsTaken = step;
        TokensSeen += Task.CountTokens(batch);
        (int targets, long? bytes) = Task.CountText(batch);
        Meter.Count(targets, bytes);
        return (loss, norm, rate);
    }

    private Batch ReadBatch()
    {
        if (!Task.Source.TryRead(_inputs, _targets, out SegmentShape shape))
        {
            // The data begins again; the memory of its end is not context of its first token.
            Step.ClearMemories();
            Task.Source.Seek(Task.Source.Epoch + 1, 0);
            Require.That(
                Task.Source.TryRead(_inputs, _targets, out shape),
                $"'{Task.DataName}' gives no whole segment in epoch {Task.Source.Epoch}; use more text, a smaller batch or shorter targets");
        }

        if (!Task.CarriesMemory)
        {
            Step.ClearMemories();
        }

        return new Batch(_inputs.AsSpan(0, shape.InputCount), _targets.AsSpan(0, shape.TargetCount), shape.BatchSize);
    }

    /// <summary>The weight at fault comes first: a loss that is not finite is its consequence.</summary>
    private TrainingDivergedException Diverged(long step, double loss, double norm, double rate)
    {
        string numbers = FormattableString.Invariant($"the loss is {loss}, the gradient norm {norm}, at a learning rate of {rate:G4}");
        string said = FirstNotFinite() is { } parameter ? $"the weight '{parameter.Name}' is not finite since step {step - 1}; {numbers}"
            : WeightHealth.FindFault([.. Task.Model.Parameters, .. Task.HeadParameters]) is { } fault ? $"{fault}; {numbers}"
            : $"{numbers}; the weights are still finite";
        GC.KeepAlive(Task);
        return new TrainingDivergedException($"step {step}: {said}; {_session.LastGood()}. A lower learning rate or a longer warm-up may help");
    }

    private Parameter? FirstNotFinite() => WeightHealth.FirstNotFinite(Task.Model)
        ?? Task.HeadParameters.FirstOrDefault(parameter => !WeightHealth.IsFinite(parameter.Value));
}
