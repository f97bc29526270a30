namespace TransformerXL.Training.Schedules;

/// <summary>Warm-up, then the same rate for ever.</summary>
internal sealed class ConstantSchedule(ScheduleOptions options) : WarmupSchedule(options)
{
    protected override double RateAfterWarmup(long done, long total) => Options.LearningRate;

    /// <summary>Nothing sets the rate when the reference's warm-up ends, so its last value stays; a warm-up of one step sets none at all.</summary>
    protected override double ReferenceRateAfterWarmup(long trainStep) => Options.WarmupSteps > 1
        ? Options.LearningRate * (Options.WarmupSteps - 1) / Options.WarmupSteps
        : Options.LearningRate;
}
