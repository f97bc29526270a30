namespace TransformerXL.Training;

/// <summary>Weights of an earlier step that a run has kept.</summary>
/// <param name="Step">The step.</param>
/// <param name="Path">The folder of the checkpoint.</param>
public sealed record KeptCheckpoint(long Step, string Path);
