namespace TransformerXL.Training;

/// <summary>The training ended before its last step, because its validations no longer improved.</summary>
public sealed record EarlyStopReport : TrainingReport
{
    /// <summary>Validations in a row without a new best.</summary>
    public required int Validations { get; init; }

    /// <summary>The lowest validation loss in nats.</summary>
    public required double BestLoss { get; init; }

    /// <summary>Its step.</summary>
    public required long BestStep { get; init; }
}
