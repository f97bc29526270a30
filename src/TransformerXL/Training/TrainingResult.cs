namespace TransformerXL.Training;

/// <summary>How a training ended.</summary>
/// <param name="State">Where it stands.</param>
/// <param name="Completed">False if it was stopped before its last step.</param>
public sealed record TrainingResult(TrainingState State, bool Completed);
