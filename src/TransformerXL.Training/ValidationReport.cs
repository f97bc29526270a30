using TransformerXL.Training.Tasks;

namespace TransformerXL.Training;

/// <summary>The result of a validation of next-token prediction; its loss is in nats per token.</summary>
public sealed record ValidationReport : TaskValidationReport
{
    /// <summary>Bits per character.</summary>
    public required double BitsPerCharacter { get; init; }

    /// <summary>Bits per byte; null where the bytes are not known.</summary>
    public double? BitsPerByte => Loss / Math.Log(2) / BytesPerToken;

    /// <summary>exp(loss).</summary>
    public required double Perplexity { get; init; }

    /// <inheritdoc/>
    public override IReadOnlyList<Metric> Metrics =>
    [
        new("bits_per_character", BitsPerCharacter, Unit: "bits"),
        .. BitsPerByte is { } bits ? [new Metric("bits_per_byte", bits, Unit: "bits")] : (Metric[])[],
        new("perplexity", Perplexity),
    ];
}
