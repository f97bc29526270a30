namespace TransformerXL.Training.Schedules;

/// <summary>Warm-up, then in equal parts down to the minimum; the minimum from then on.</summary>
internal sealed class LinearSchedule(ScheduleOptions options) : WarmupSchedule(options)
{
    // The first step after the warm-up has the whole rate, so that no step of the training is spent at a rate of 0.
    protected override double RateAfterWarmup(long done, long total) => done >= total
        ? Options.MinimumRate
        : Options.LearningRate - ((Options.LearningRate - Options.MinimumRate) * done / total);

    // The options refuse the reference's behaviour: it has no such schedule.
    protected override double ReferenceRateAfterWarmup(long trainStep) => throw new NotSupportedException();
}
