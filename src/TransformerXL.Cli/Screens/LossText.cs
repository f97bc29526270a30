using System.Globalization;
using TransformerXL.Training.Records;
using TransformerXL.Training.Tasks;

namespace TransformerXL.Cli.Screens;

/// <summary>Formats a loss in the usual measure for its kind of token.</summary>
internal static class LossText
{
    /// <summary>The unit of a loss of a task, which is not a loss per token.</summary>
    public const string NoUnit = "";

    private const string Perplexity = "perplexity";

    /// <summary>"2.371 bits per character" for a loss in nats, bits per byte for bytes and byte pairs; perplexity for words.</summary>
    /// <param name="nats">The loss of a token.</param>
    /// <param name="unit">The name of a token.</param>
    /// <param name="bytesPerToken">The mean length of tokens; null if unknown; byte pairs then use perplexity.</param>
    public static string Measure(double nats, string unit, double? bytesPerToken)
    {
        LossMeasure measure = LossMeasure.For(unit, bytesPerToken);
        return measure.Name == Perplexity
            ? $"{Perplexity} {measure.Of(nats).ToString("0.00", CultureInfo.InvariantCulture)}"
            : $"{Figures.Loss(measure.Of(nats))} {measure.Name}";
    }

    /// <summary>A loss in nats and in its measure, or that of a task in nats alone.</summary>
    public static string Of(double nats, string unit, double? bytesPerToken) =>
        unit == NoUnit ? $"{Figures.Loss(nats)} nats" : $"{Figures.Loss(nats)} nats, {Measure(nats, unit, bytesPerToken)}";

    /// <summary>The first metrics of a task, that which chooses before others and beside those of the baselines, such as "accuracy 0.991 (majority 0.703, naive Bayes 0.982)".</summary>
    public static string Metrics(TaskReport report) => string.Join(
        ", ",
        report.Metrics.OrderByDescending(metric => metric.Name == report.ChosenBy).Take(3).Select(metric => $"{metric.Name.Replace('_', ' ')} {Value(metric)}{Baselines(report, metric)}"));

    /// <summary>The value of a metric.</summary>
    public static string Value(Metric metric) => metric.Unit == "%"
        ? metric.Value.ToString("0.0", CultureInfo.InvariantCulture) + " %"
        : metric.Value.ToString("0.0000", CultureInfo.InvariantCulture);

    private static string Baselines(TaskReport report, Metric metric)
    {
        string[] values = [.. report.Baselines.SelectMany(baseline => baseline.Metrics.Where(other => other.Name == metric.Name).Select(other => $"{baseline.Name} {Value(other)}"))];
        return values.Length == 0 || metric.Name != report.ChosenBy ? "" : $" ({string.Join(", ", values)})";
    }

    /// <summary>Whether the usual unit for these tokens is bits.</summary>
    public static bool IsBits(string unit) => LossMeasure.IsBits(unit);
}
