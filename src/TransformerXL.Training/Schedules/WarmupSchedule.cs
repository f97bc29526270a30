namespace TransformerXL.Training.Schedules;

/// <summary>A linear warm-up, then whatever the derived schedule says.</summary>
internal abstract class WarmupSchedule(ScheduleOptions options) : LearningRateSchedule
{
    protected ScheduleOptions Options { get; } = options;

    public sealed override double RateAt(long optimizerStep)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(optimizerStep, 1);
        return Options.ReferenceQuirks ? ReferenceRateAt(optimizerStep - 1) : CorrectRateAt(optimizerStep);
    }

    /// <summary>The rate after the warm-up.</summary>
    /// <param name="done">Steps done since the warm-up ended, 0 for the first step after it.</param>
    /// <param name="total">Steps from the end of the warm-up to the end of the training.</param>
    protected abstract double RateAfterWarmup(long done, long total);

    /// <summary>The rate that the reference is left with after its warm-up, at <paramref name="trainStep"/> steps done.</summary>
    protected abstract double ReferenceRateAfterWarmup(long trainStep);

    private double CorrectRateAt(long step) => step <= Options.WarmupSteps
        ? Options.LearningRate * step / Options.WarmupSteps
        : RateAfterWarmup(step - Options.WarmupSteps - 1, Options.MaxSteps - Options.WarmupSteps);

    /// <summary>The reference sets the rate after each step from the steps done, so that its first step runs at the rate of construction.</summary>
    protected virtual double ReferenceRateAt(long trainStep)
    {
        if (trainStep == 0)
        {
            return Options.LearningRate;
        }

        return trainStep < Options.WarmupSteps
            ? Options.LearningRate * trainStep / Options.WarmupSteps
            : ReferenceRateAfterWarmup(trainStep);
    }
}
