using TransformerXL.Text;

namespace TransformerXL.Training.Records;

/// <summary>
/// The usual unit for displaying a loss, which depends on the kind of token: bits per character, bits per byte for bytes and
/// byte pairs, perplexity for words.
/// </summary>
public sealed class LossMeasure
{
    /// <summary>Mean bytes or characters per token; null for perplexity.</summary>
    private readonly double? _length;

    private LossMeasure(string name, double? length) => (Name, _length) = (name, length);

    /// <summary>"bits per character", "bits per byte" or "perplexity".</summary>
    public string Name { get; }

    /// <summary>The measure for a kind of token.</summary>
    /// <param name="unit">The value of <see cref="Vocabulary.Unit"/>.</param>
    /// <param name="bytesPerToken">The mean length of the tokens of the text; null if unknown; byte pairs then use perplexity.</param>
    public static LossMeasure For(string unit, double? bytesPerToken = null) => unit switch
    {
        "character" or "byte" => new("bits per " + unit, 1),
        "token" when bytesPerToken is > 0 => new("bits per byte", bytesPerToken),
        _ => new("perplexity", null),
    };

    /// <summary>Whether the usual unit for these tokens is bits per token.</summary>
    public static bool IsBits(string unit) => unit is "character" or "byte";

    /// <summary>log2(e) × nats / length, or exp(nats).</summary>
    public double Of(double nats) => _length is { } length ? nats / Math.Log(2) / length : Math.Exp(nats);
}
