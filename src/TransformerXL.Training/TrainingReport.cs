namespace TransformerXL.Training;

/// <summary>A report of a running training.</summary>
public abstract record TrainingReport
{
    /// <summary>Optimizer steps taken.</summary>
    public required long Step { get; init; }
}
