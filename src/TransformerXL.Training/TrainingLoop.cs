using TransformerXL.Tensors;
using TransformerXL.Tensors.Collectives;
using TransformerXL.Training.Records;
using TransformerXL.Training.Tasks;

namespace TransformerXL.Training;

/// <summary>The loop of a training: steps, and at intervals a report, a validation, a checkpoint.</summary>
internal sealed class TrainingLoop(Learner learner, RunSession session, TrainingCheckpoints checkpoints, Backend backend, TimeProvider clock)
{
    private readonly ValidationRound _validation = new(learner, session);

    /// <summary>The loss of the last report of steps; null before.</summary>
    public double? ReportedLoss { get; private set; }

    private TrainingConfiguration Training => learner.Configuration.Training;

    /// <summary>Trains to the end, or until it is cancelled.</summary>
    public TrainingResult Run(IProgress<TrainingReport>? progress, IProgress<ValidationProgress>? validation, CancellationToken cancellationToken)
    {
        using RunLock? own = session.Enter(learner.Configuration);
        session.WriteChanges(learner.Configuration);
        using RunRecords? records = session.Run is null ? null : new RunRecords(session.Run, learner.Task, backend, learner.StepsTaken, learner.Validations.IsDue, clock);
        void Report(TrainingReport report)
        {
            records?.Write(report);
            progress?.Report(report);
        }

        bool endedBefore = learner.HasEndedEarly;
        if (!TakeSteps(Report, validation, cancellationToken))
        {
            Save(validate: false, Report, null, cancellationToken);
        }

        if (learner.HasEndedEarly && !endedBefore)
        {
            Report(learner.Validations.EarlyStop(learner.StepsTaken));
        }

        session.RequireInPlace(learner.StepsTaken);
        // A validation that was cancelled has not chosen the best weights yet: the continuation makes up for it.
        bool completed = (learner.HasEndedEarly || learner.StepsTaken >= Training.Steps) && !learner.Validations.IsDue;
        return new TrainingResult(learner.State, completed, completed && learner.HasEndedEarly);
    }

    /// <returns>Whether all steps are in a checkpoint.</returns>
    private bool TakeSteps(Action<TrainingReport> report, IProgress<ValidationProgress>? validation, CancellationToken cancellationToken)
    {
        bool saved = true;
        learner.Meter.Start(learner.StepsTaken, learner.TokensSeen);
        if (learner.Validations.IsDue)
        {
            learner.Meter.Pause();
            Save(validate: true, report, validation, cancellationToken);
            learner.Meter.Continue();
        }

        while (learner.StepsTaken < Training.Steps && !learner.HasEndedEarly && !learner.Collective.Any(cancellationToken.IsCancellationRequested))
        {
            TakeStep(report);
            bool validate = IsValidationStep(learner.StepsTaken);
            saved = validate || learner.StepsTaken % Training.CheckpointEvery == 0 || CheckpointKeeper.IsDue(Training, learner.StepsTaken);
            if (saved)
            {
                learner.Meter.Pause();
                Save(validate, report, validation, cancellationToken);
                if (validate)
                {
                    learner.Meter.ContinueAfterValidation();
                }
                else
                {
                    learner.Meter.Continue();
                }
            }
        }

        return saved;
    }

    private void TakeStep(Action<TrainingReport> report)
    {
        (double loss, double norm, double rate) = learner.TakeStep();
        if (learner.Meter.Add(learner.StepsTaken, learner.TokensSeen, learner.Task.Source.Epoch, loss, norm, rate) is { } taken)
        {
            ReportedLoss = taken.Loss;
            report(taken);
        }
    }

    private bool IsValidationStep(long step) => step == Training.Steps || (Training.ValidateEvery > 0 && step % Training.ValidateEvery == 0);

    private void Save(bool validate, Action<TrainingReport> report, IProgress<ValidationProgress>? progress, CancellationToken cancellationToken)
    {
        learner.Step.ShareMemories();
        checkpoints.RequireFinite();
        TaskValidationReport? validation = validate ? _validation.Run(progress, cancellationToken) : null;
        if (validation is not null)
        {
            report(validation);
        }

        checkpoints.Save(validation is { IsBest: true }, report);
    }
}
