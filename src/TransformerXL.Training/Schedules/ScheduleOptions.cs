using System.Globalization;

namespace TransformerXL.Training.Schedules;

/// <summary>Which learning rate each optimizer step gets.</summary>
internal sealed record ScheduleOptions
{
    /// <summary>The shape of the rate after the warm-up.</summary>
    public ScheduleKind Kind { get; init; } = ScheduleKind.Cosine;

    /// <summary>The highest rate, reached at the end of the warm-up.</summary>
    public double LearningRate { get; init; } = 0.00025;

    /// <summary>Optimizer steps with a rate rising in equal parts from <see cref="LearningRate"/> / warm-up at step 1; 0 for none.</summary>
    public long WarmupSteps { get; init; }

    /// <summary>Optimizer steps of the whole training, warm-up included; cosine and linear need it.</summary>
    public long MaxSteps { get; init; }

    /// <summary>The rate to which cosine and linear fall, and below which the others but constant do not.</summary>
    public double MinimumRate { get; init; }

    /// <summary>The factor that a plateau applies to the rate.</summary>
    public double PlateauFactor { get; init; } = 0.5;

    /// <summary>Validations in a row without improvement that a plateau lets pass.</summary>
    public int PlateauPatience { get; init; }

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
        Check(Enum.IsDefined(Kind), "schedule", "Schedule", Kind, $"one of {string.Join(", ", Enum.GetNames<ScheduleKind>())}");
        Check(double.IsFinite(LearningRate) && LearningRate > 0, "learning rate", nameof(LearningRate), LearningRate, "a finite number above 0");
        Check(WarmupSteps >= 0, "warm-up steps", nameof(WarmupSteps), WarmupSteps, "from 0 on");
        Check(PlateauFactor is > 0 and < 1, "plateau factor", nameof(PlateauFactor), PlateauFactor, "above 0 and below 1");
        Check(PlateauPatience >= 0, "plateau patience", nameof(PlateauPatience), PlateauPatience, "from 0 on");
        Require.That(
            !(ReferenceQuirks && Kind == ScheduleKind.Linear),
            "the schedule is Linear, which the reference implementation lacks; its quirks cannot be repeated",
            nameof(ReferenceQuirks));
        if (Kind is ScheduleKind.Cosine or ScheduleKind.Linear)
        {
            Check(MaxSteps > 0, "steps", "Steps", MaxSteps, $"at least 1 for the schedule {Kind}");
            Check(WarmupSteps < MaxSteps, "warm-up steps", nameof(WarmupSteps), WarmupSteps, string.Create(CultureInfo.InvariantCulture, $"below the number of steps, which is {MaxSteps}"));
        }

        if (Kind != ScheduleKind.Constant)
        {
            Check(
                MinimumRate >= 0 && MinimumRate <= LearningRate,
                "minimum learning rate",
                "MinimumLearningRate",
                MinimumRate,
                string.Create(CultureInfo.InvariantCulture, $"from 0 to the learning rate, which is {LearningRate}"));
        }
    }

    // Members are named as in the training configuration, which these values come from.
    private static void Check(bool valid, string field, string member, IFormattable value, string rule) =>
        Require.That(valid, $"{field} is {value.ToString(null, CultureInfo.InvariantCulture)}; it must be {rule}", member);
}
