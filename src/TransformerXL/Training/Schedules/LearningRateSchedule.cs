namespace TransformerXL.Training.Schedules;

/// <summary>Gives each optimizer step its learning rate. Without state: a resumed training asks for the next step and goes on.</summary>
public abstract class LearningRateSchedule
{
    /// <summary>The schedule that the options describe.</summary>
    /// <exception cref="InputException">An option is out of range.</exception>
    public static LearningRateSchedule Create(ScheduleOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        return options.Kind switch
        {
            ScheduleKind.Cosine => new CosineSchedule(options),
            _ => new ConstantSchedule(options),
        };
    }

    /// <summary>The learning rate of an optimizer step.</summary>
    /// <param name="optimizerStep">The step, counted from 1.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="optimizerStep"/> is below 1.</exception>
    public abstract double RateAt(long optimizerStep);
}
