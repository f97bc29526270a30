namespace TransformerXL.Training.Schedules;

/// <summary>
/// Gives each optimizer step its learning rate. Most have no state: a resumed training asks for the rate of its next step.
/// That of a plateau learns from validations, and a checkpoint keeps what it has learned.
/// </summary>
internal abstract class LearningRateSchedule
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
            ScheduleKind.Linear => new LinearSchedule(options),
            ScheduleKind.InverseSquareRoot => new InverseSquareRootSchedule(options),
            ScheduleKind.Plateau => new PlateauSchedule(options),
            _ => new ConstantSchedule(options),
        };
    }

    /// <summary>The learning rate of an optimizer step.</summary>
    /// <param name="optimizerStep">The step, counted from 1.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="optimizerStep"/> is below 1.</exception>
    public abstract double RateAt(long optimizerStep);

    /// <summary>What validations have changed; null where they change nothing, or there was none.</summary>
    public virtual RateState? State => null;

    /// <summary>Takes up the state of an earlier part of the training.</summary>
    public virtual void Restore(RateState? state)
    {
    }

    /// <summary>Learns of a validation.</summary>
    /// <param name="optimizerStep">The step after which it took place.</param>
    /// <param name="loss">Its loss in nats.</param>
    public virtual void Validated(long optimizerStep, double loss)
    {
    }
}
