using System.Globalization;
using TransformerXL.Training.Records;

namespace TransformerXL.Cli.Screens;

/// <summary>A loss in the measure that its kind of token is compared in.</summary>
internal static class LossText
{
    private const string Perplexity = "perplexity";

    /// <summary>"2.371 bits per character" for a loss in nats, bits per byte for bytes and byte pairs; perplexity for words.</summary>
    /// <param name="nats">The loss of a token.</param>
    /// <param name="unit">What a token is.</param>
    /// <param name="bytesPerToken">The mean length of tokens; null if it is not known, which leaves byte pairs perplexity.</param>
    public static string Measure(double nats, string unit, double? bytesPerToken)
    {
        LossMeasure measure = LossMeasure.For(unit, bytesPerToken);
        return measure.Name == Perplexity
            ? $"{Perplexity} {measure.Of(nats).ToString("0.00", CultureInfo.InvariantCulture)}"
            : $"{Figures.Loss(measure.Of(nats))} {measure.Name}";
    }

    /// <summary>Whether tokens are so small that bits are customary.</summary>
    public static bool IsBits(string unit) => LossMeasure.IsBits(unit);
}
