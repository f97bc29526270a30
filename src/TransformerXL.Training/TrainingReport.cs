namespace TransformerXL.Training;

/// <summary>What a training tells while it runs.</summary>
public abstract record TrainingReport
{
    /// <summary>Optimizer steps taken.</summary>
    public required long Step { get; init; }
}
