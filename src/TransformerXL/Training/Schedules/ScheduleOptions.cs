using System.Globalization;

namespace TransformerXL.Training.Schedules;

/// <summary>Which learning rate each optimizer step gets.</summary>
public sealed record ScheduleOptions
{
    /// <summary>How the rate goes on after the warm-up.</summary>
    public ScheduleKind Kind { get; init; } = ScheduleKind.Cosine;

    /// <summary>The highest rate, reached at the end of the warm-up.</summary>
    public double LearningRate { get; init; } = 0.00025;

    /// <summary>Optimizer steps with a rate rising in equal parts from <see cref="LearningRate"/> / warm-up at step 1; 0 for none.</summary>
    public long WarmupSteps { get; init; }

    /// <summary>Optimizer steps of the whole training, warm-up included; the cosine needs it.</summary>
    public long MaxSteps { get; init; }

    /// <summary>The rate to which the cosine falls.</summary>
    public double MinimumRate { get; init; }

    /// <summary>
    /// Whether to repeat what train.py of the reference implementation does with a warm-up, to reproduce its runs: step
    /// 1 at the full rate, the ramp one step late, the cosine counted from the start of the warm-up, and a constant
    /// rate that stays one part below <see cref="LearningRate"/>.
    /// </summary>
    public bool ReferenceQuirks { get; init; }

    /// <summary>Checks every field.</summary>
    /// <exception cref="InputException">A field is out of range; the message names it, its value and the rule.</exception>
    public void Validate()
    {
        Check(Enum.IsDefined(Kind), "schedule", Kind, "Cosine or Constant");
        Check(double.IsFinite(LearningRate) && LearningRate > 0, "learning rate", LearningRate, "a finite number above 0");
        Check(WarmupSteps >= 0, "warm-up steps", WarmupSteps, "from 0 on");
        if (Kind == ScheduleKind.Cosine)
        {
            Check(MaxSteps > 0, "steps", MaxSteps, "at least 1 for a cosine");
            Check(WarmupSteps < MaxSteps, "warm-up steps", WarmupSteps, string.Create(CultureInfo.InvariantCulture, $"below the number of steps, which is {MaxSteps}"));
            Check(
                MinimumRate >= 0 && MinimumRate <= LearningRate,
                "minimum learning rate",
                MinimumRate,
                string.Create(CultureInfo.InvariantCulture, $"from 0 to the learning rate, which is {LearningRate}"));
        }
    }

    private static void Check(bool valid, string field, IFormattable value, string rule)
    {
        if (!valid)
        {
            throw new InputException($"{field} is {value.ToString(null, CultureInfo.InvariantCulture)}; it must be {rule}");
        }
    }
}
