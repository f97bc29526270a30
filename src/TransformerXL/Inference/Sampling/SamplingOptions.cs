namespace TransformerXL.Inference.Sampling;

/// <summary>
/// How the next token is drawn from the logits. The steps run in this order: repetition penalty, temperature, top-k,
/// top-p, min-p; each works on what the one before left, renormalised.
/// </summary>
public sealed record SamplingOptions
{
    /// <summary>The smallest <see cref="RepetitionPenalty"/>.</summary>
    public const double MinRepetitionPenalty = 1e-3;

    /// <summary>The largest <see cref="RepetitionPenalty"/>.</summary>
    public const double MaxRepetitionPenalty = 1e3;

    /// <summary>
    /// Divides the logits: below 1 sharpens the distribution, above 1 flattens it; 0 always takes the likeliest token. The default is a little
    /// below 1, because what a model considers unlikely is more often its mistake.
    /// </summary>
    public double Temperature { get; init; } = 0.8;

    /// <summary>Keeps this many of the likeliest tokens; 0 keeps all.</summary>
    public int TopK { get; init; }

    /// <summary>Keeps the fewest likeliest tokens whose probabilities add up to at least this (Holtzman et al. 2020); 1 keeps all.</summary>
    public double TopP { get; init; } = 1;

    /// <summary>Keeps the tokens that are at least this times as probable as the likeliest one; 0 keeps all.</summary>
    public double MinP { get; init; }

    /// <summary>
    /// Divides the positive and multiplies the negative logits of tokens seen in the window (Keskar et al. 2019); 1 does nothing. From
    /// <see cref="MinRepetitionPenalty"/> to <see cref="MaxRepetitionPenalty"/>: beyond, logits would no longer be finite.
    /// </summary>
    public double RepetitionPenalty { get; init; } = 1;

    /// <summary>How many of the last tokens the repetition penalty looks at.</summary>
    public int RepetitionWindow { get; init; } = 64;

    /// <summary>Checks every field.</summary>
    /// <exception cref="InputException">A field is out of range; the message names it, its value and the rule.</exception>
    public void Validate()
    {
        Check(double.IsFinite(Temperature) && Temperature >= 0, nameof(Temperature), Temperature, "a finite number from 0 on");
        Check(TopK >= 0, nameof(TopK), TopK, "a whole number from 0 (off) on");
        Check(TopP is > 0 and <= 1, nameof(TopP), TopP, "above 0 and at most 1 (off)");
        Check(MinP is >= 0 and <= 1, nameof(MinP), MinP, "from 0 (off) to 1");
        Check(
            RepetitionPenalty is >= MinRepetitionPenalty and <= MaxRepetitionPenalty, nameof(RepetitionPenalty), RepetitionPenalty,
            string.Create(System.Globalization.CultureInfo.InvariantCulture, $"from {MinRepetitionPenalty} to {MaxRepetitionPenalty} (1 is off)"));
        Check(RepetitionWindow is >= 0 and <= MaxRemembered, nameof(RepetitionWindow), RepetitionWindow, $"from 0 to {MaxRemembered} tokens");
    }

    private const int MaxRemembered = 1 << 20;

    private static void Check(bool valid, string field, IFormattable value, string rule)
    {
        if (!valid)
        {
            throw new InputException($"{field} is {value.ToString(null, System.Globalization.CultureInfo.InvariantCulture)}; it must be {rule}.");
        }
    }
}
