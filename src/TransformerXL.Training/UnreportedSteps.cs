namespace TransformerXL.Training;

/// <summary>What the steps since the last <see cref="StepReport"/> have measured, so that a resumed training reports the same mean as an uninterrupted one.</summary>
internal sealed record UnreportedSteps
{
    /// <summary>The number of steps, at least 1.</summary>
    public required int Steps { get; init; }

    /// <summary>The sum of their losses in nats per token.</summary>
    public required double LossSum { get; init; }

    /// <summary>The tokens that the losses are of.</summary>
    public required long Tokens { get; init; }

    /// <summary>The bytes of these tokens; null where they are not known.</summary>
    public long? Bytes { get; init; }
}
