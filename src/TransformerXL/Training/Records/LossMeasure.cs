namespace TransformerXL.Training.Records;

/// <summary>How a loss in nats per token is told to people: in bits where a token is a character or a byte, as perplexity otherwise.</summary>
public sealed class LossMeasure
{
    private readonly bool _bits;

    private LossMeasure(string unit) => (_bits, Name) = (IsBits(unit), IsBits(unit) ? "bits per " + unit : "perplexity");

    /// <summary>"bits per character" or "perplexity".</summary>
    public string Name { get; }

    /// <summary>The measure for tokens that are called so.</summary>
    /// <param name="unit">What <see cref="Data.Vocabulary.Unit"/> says.</param>
    public static LossMeasure For(string unit) => new(unit);

    /// <summary>Whether tokens are so small that bits are customary.</summary>
    public static bool IsBits(string unit) => unit is "character" or "byte";

    /// <summary>log2(e) × nats, or exp(nats).</summary>
    public double Of(double nats) => _bits ? nats / Math.Log(2) : Math.Exp(nats);
}
