namespace TransformerXL.Training;

/// <summary>A checkpoint was written.</summary>
public sealed record CheckpointReport : TrainingReport
{
    /// <summary>Its folder.</summary>
    public required string Path { get; init; }
}
