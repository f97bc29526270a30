namespace TransformerXL.Training;

/// <summary>Tells a run that was killed before its first checkpoint, which begins again, from one whose last or best checkpoint was damaged.</summary>
internal static class LastCheckpointCheck
{
    /// <summary>Refuses a run whose last checkpoint was written once and is no longer whole: to begin again would erase what else is left of it.</summary>
    /// <exception cref="InputException">It is so; the message names the missing file and how to go on.</exception>
    public static void Check(RunDirectory run, RunConfiguration configuration)
    {
        string last = run.LastCheckpoint;
        IReadOnlyList<string> missing = Checkpoint.Missing(last);
        string? fault = missing.Count > 0 ? $"lacks {string.Join(" and ", missing)}"
            : !Checkpoint.Exists(last) && MetricsLog.TellsOfCheckpoint(run.Metrics, Path.GetFileName(last)) ? $"is missing, although {run.Metrics} says that it was written"
            : null;
        if (fault is not null)
        {
            throw Fault($"the checkpoint {last} {fault}, so that the training cannot go on from it", run, configuration);
        }

        if (Checkpoint.Exists(last))
        {
            try
            {
                Checkpoint.RequireReadable(last);
            }
            catch (InputException exception)
            {
                throw Fault(exception.Message.TrimEnd('.'), run, configuration, exception);
            }

            CheckBest(run);
        }
    }

    /// <summary>
    /// Refuses a run whose best checkpoint is damaged: commands read the best weights, and a training that does not improve on them would never
    /// write them again.
    /// </summary>
    private static void CheckBest(RunDirectory run)
    {
        try
        {
            Checkpoint.RequireUsable(run.BestCheckpoint, Checkpoint.HeadFile(run.LastCheckpoint) is not null);
        }
        catch (InputException exception)
        {
            throw new InputException(
                $"{exception.Message.TrimEnd('.')}. If there is a copy of the file, put it back; otherwise remove the folder {run.BestCheckpoint}: the training can continue without the best weights so far, and a better validation writes new ones",
                exception);
        }
    }

    /// <summary>What a fault of the last checkpoint says, with what can be done.</summary>
    public static InputException Fault(string message, RunDirectory run, RunConfiguration configuration, Exception? cause = null)
    {
        long? best = BestStep(run);
        string remedy = best is { } step
            ? $"otherwise a new run can begin with the best weights, of step {step}"
            : "otherwise erase this run and begin it again with the same settings";
        string advice = message.EndsWith("put it back", StringComparison.Ordinal) ? "" : ". If there is a copy of the file, put it back";
        return new InputException($"{message}{advice}; {remedy}", cause!)
        {
            Remedies = best is null ? [new("replace")] : RunRemedies.Begin(run.Path, configuration, run.Path + "-2"),
        };
    }

    private static long? BestStep(RunDirectory run)
    {
        try
        {
            return Checkpoint.Exists(run.BestCheckpoint) ? Checkpoint.ReadState(run.BestCheckpoint).Step : null;
        }
        catch (InputException)
        {
            return null;
        }
    }
}
