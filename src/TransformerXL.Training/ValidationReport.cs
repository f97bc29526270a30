namespace TransformerXL.Training;

/// <summary>The result of a validation.</summary>
public sealed record ValidationReport : TrainingReport
{
    /// <summary>Mean loss in nats per token.</summary>
    public required double Loss { get; init; }

    /// <summary>Bits per character.</summary>
    public required double BitsPerCharacter { get; init; }

    /// <summary>Bytes of text for each token of the validation text; null where they are not known, as for words.</summary>
    public double? BytesPerToken { get; init; }

    /// <summary>Bits per byte; null where the bytes are not known.</summary>
    public double? BitsPerByte => Loss / Math.Log(2) / BytesPerToken;

    /// <summary>exp(loss).</summary>
    public required double Perplexity { get; init; }

    /// <summary>Whether no validation before was as low.</summary>
    public required bool IsBest { get; init; }

    /// <summary>What the model wrote by itself; empty if no sample was wanted.</summary>
    public required string Sample { get; init; }
}
