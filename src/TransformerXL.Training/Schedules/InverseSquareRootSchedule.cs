using TransformerXL.Tensors;

namespace TransformerXL.Training.Schedules;

/// <summary>Warm-up, then <c>rate sqrt(w / step)</c> with w the length of the warm-up, or 1 without one (Vaswani et al. 2017), never below the minimum.</summary>
internal sealed class InverseSquareRootSchedule(ScheduleOptions options) : WarmupSchedule(options)
{
    protected override double RateAfterWarmup(long done, long total)
    {
        long step = Options.WarmupSteps + done + 1;
        return Math.Max(Options.MinimumRate, Options.LearningRate * Math.Sqrt((double)Math.Max(1, Options.WarmupSteps) / step));
    }

    /// <summary>In the reference the rate is a multiplier that is never reached: its peak is rate / sqrt(w), and the first step of a warm-up has a rate of 0.</summary>
    protected override double ReferenceRateAt(long trainStep) => trainStep switch
    {
        0 when Options.WarmupSteps == 0 => Options.LearningRate,
        _ when trainStep > Options.WarmupSteps => ReferenceRateAfterWarmup(trainStep),
        _ => Options.LearningRate * (trainStep / PortableMath.Pow(Options.WarmupSteps, 1.5)),
    };

    protected override double ReferenceRateAfterWarmup(long trainStep) => Options.LearningRate * (1 / Math.Sqrt(trainStep));
}
