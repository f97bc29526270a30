using TransformerXL.Training.Tasks;

namespace TransformerXL.Training;

/// <summary>Keeps the weights of every n-th step, up to a maximum number of the newest.</summary>
internal static class CheckpointKeeper
{
    /// <summary>Whether the weights of a step are to be kept.</summary>
    public static bool IsDue(TrainingConfiguration training, long step) => training.KeepEvery > 0 && step % training.KeepEvery == 0;

    /// <summary>Writes the weights, and removes the oldest of too many.</summary>
    public static CheckpointReport Keep(RunDirectory run, TrainingConfiguration training, TrainingTask task, TrainingState state)
    {
        string folder = run.KeptCheckpoint(state.Step);
        Checkpoint.SaveWeights(folder, task.Model, state, task.HeadParameters);
        if (training.KeepCount > 0)
        {
            foreach (KeptCheckpoint old in run.KeptCheckpoints().SkipLast(training.KeepCount))
            {
                Checkpoint.Remove(old.Path);
            }
        }

        return new CheckpointReport { Step = state.Step, Path = folder };
    }
}
