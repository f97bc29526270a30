namespace TransformerXL.Training;

/// <summary>The result of a validation.</summary>
public sealed record ValidationReport : TrainingReport
{
    /// <summary>Mean loss in nats per token.</summary>
    public required double Loss { get; init; }

    /// <summary>Bits per character.</summary>
    public required double BitsPerCharacter { get; init; }

    /// <summary>exp(loss).</summary>
    public required double Perplexity { get; init; }

    /// <summary>Whether no validation before was as low.</summary>
    public required bool IsBest { get; init; }

    /// <summary>What the model wrote by itself; empty if no sample was wanted.</summary>
    public required string Sample { get; init; }
}
