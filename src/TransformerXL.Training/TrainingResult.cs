namespace TransformerXL.Training;

/// <summary>How a training ended.</summary>
/// <param name="State">The state of the training.</param>
/// <param name="Completed">False if it was stopped from outside before its end.</param>
/// <param name="EndedEarly">Whether it ended before its last step because validations no longer improved.</param>
public sealed record TrainingResult(TrainingState State, bool Completed, bool EndedEarly = false);
