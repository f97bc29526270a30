namespace TransformerXL.Training.Schedules;

/// <summary>The shape of the learning rate after the warm-up.</summary>
public enum ScheduleKind
{
    /// <summary>Falls along half a cosine to the minimum at the last step (Loshchilov and Hutter 2017, without restarts).</summary>
    Cosine,

    /// <summary>Stays.</summary>
    Constant,

    /// <summary>Falls in equal parts to the minimum at the last step.</summary>
    Linear,

    /// <summary>Falls with the inverse square root of the step (Vaswani et al. 2017).</summary>
    InverseSquareRoot,

    /// <summary>Falls by a factor whenever validations no longer improve.</summary>
    Plateau,
}
