using TransformerXL.Tensors;

namespace TransformerXL.Training.Schedules;

/// <summary>Warm-up, then <c>min + (rate - min) (1 + cos(pi t)) / 2</c> with t from 0 to 1 over the remaining steps; the minimum from then on.</summary>
internal sealed class CosineSchedule(ScheduleOptions options) : WarmupSchedule(options)
{
    // The first step after the warm-up has t = 0, so that no step of the training is spent at a rate of 0.
    protected override double RateAfterWarmup(long done, long total) =>
        done >= total ? Options.MinimumRate : RateAt(done, total);

    protected override double ReferenceRateAfterWarmup(long trainStep) => RateAt(trainStep, Options.MaxSteps);

    private double RateAt(long done, long total) =>
        Options.MinimumRate + ((Options.LearningRate - Options.MinimumRate) * (1 + PortableMath.Cos(Math.PI * done / total)) / 2);
}
