using System.Globalization;
using TransformerXL.Training.Records;

namespace TransformerXL.Cli.Screens;

/// <summary>A loss in the measure that its kind of token is compared in.</summary>
internal static class LossText
{
    /// <summary>"2.371 bits per character" for a loss in nats; perplexity where a token is more than a character.</summary>
    public static string Measure(double nats, string unit) => IsBits(unit)
        ? $"{Figures.Loss(nats / Math.Log(2))} bits per {unit}"
        : $"perplexity {Math.Exp(nats).ToString("0.00", CultureInfo.InvariantCulture)}";

    /// <summary>Whether tokens are so small that bits are customary.</summary>
    public static bool IsBits(string unit) => LossMeasure.IsBits(unit);
}
