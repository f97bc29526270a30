using TransformerXL.Training.Tasks;

namespace TransformerXL.Training;

/// <summary>Writes the checkpoints of a training and reads the last one back.</summary>
internal sealed class TrainingCheckpoints(Learner learner, RunSession session)
{
    private TrainingTask Task => learner.Task;

    /// <summary>Values that are not finite are not saved: a training must be able to continue from every checkpoint.</summary>
    /// <exception cref="TrainingDivergedException">A value is not finite.</exception>
    public void RequireFinite()
    {
        if (Checkpoint.FirstNotFinite(Task.Model, learner.Step.Optimizer, learner.Step.Memories, Task.HeadParameters) is { } damaged)
        {
            throw new TrainingDivergedException($"step {learner.StepsTaken}: {damaged} is not finite after this step; {session.LastGood()}. A lower learning rate or a longer warm-up may help");
        }
    }

    /// <summary>Writes the last checkpoint, and before it the best and the kept one where they are due.</summary>
    /// <param name="isBest">Whether a validation has just found these weights to be the best.</param>
    /// <param name="report">Receives a report of each file that was written.</param>
    public void Save(bool isBest, Action<TrainingReport> report)
    {
        if (session.Run is not { } run)
        {
            return;
        }

        session.RequireInPlace(learner.StepsTaken);
        if (isBest)
        {
            Checkpoint.SaveWeights(run.BestCheckpoint, Task.Model, learner.State, Task.HeadParameters);
        }

        if (CheckpointKeeper.IsDue(learner.Configuration.Training, learner.StepsTaken))
        {
            report(CheckpointKeeper.Keep(run, learner.Configuration.Training, Task, learner.State));
        }

        SaveLast(run);
        session.SavedSteps = learner.StepsTaken;
        report(new CheckpointReport { Step = learner.StepsTaken, Path = run.LastCheckpoint });
    }

    /// <summary>Writes the last checkpoint only.</summary>
    public void SaveLast(RunDirectory run) =>
        Checkpoint.Save(run.LastCheckpoint, Task.Model, learner.Step.Optimizer, learner.Step.Memories, learner.State, Task.HeadParameters);

    /// <summary>Continues from the last checkpoint of a run.</summary>
    /// <exception cref="InputException">It is damaged, or the training text or the validation examples are other ones.</exception>
    public void Load(RunDirectory run)
    {
        TrainingState state = Read(run);
        Require.That(
            state.TrainingText == Task.DataIdentity,
            $"{run.Path} was trained on another text than the one that it is to continue with; the file or its place in the corpus has changed");
        Require.That(
            state.ValidationText is null || state.ValidationText == Task.ValidationIdentity,
            $"the validation examples are not those that {run.Path} was validated on up to step {state.Step}, so that validations before and after could not be compared; name the same examples, or begin a new training with the weights of this run");
        try
        {
            learner.Restore(state);
        }
        catch (InputException exception)
        {
            throw new InputException($"{run.LastCheckpoint}: {exception.Message}", exception);
        }

        session.SavedSteps = state.Step;
    }

    private TrainingState Read(RunDirectory run)
    {
        try
        {
            return Checkpoint.Load(run.LastCheckpoint, Task.Model, learner.Step.Optimizer, learner.Step.Memories, Task.HeadParameters);
        }
        catch (InputException exception)
        {
            throw LastCheckpointCheck.Fault(exception.Message.TrimEnd('.'), run, learner.Configuration, exception);
        }
    }
}
