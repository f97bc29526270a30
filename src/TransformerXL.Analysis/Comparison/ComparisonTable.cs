using System.Globalization;
using TransformerXL.Analysis.Context;
using TransformerXL.Analysis.Reports;
using TransformerXL.Text;

namespace TransformerXL.Analysis.Comparison;

/// <summary>The table of a comparison, for pages and terminals.</summary>
internal static class ComparisonTable
{
    private const string PerCharacter = "bits per character", PerByte = "bits per byte", Perplexity = "perplexity";

    /// <summary>Names of the columns.</summary>
    /// <param name="contexts">The measurements of context.</param>
    public static IReadOnlyList<string> Columns(ContextComparison contexts)
    {
        ArgumentNullException.ThrowIfNull(contexts);
        return
        [
            "model", "parameters", $"nats per {contexts.Unit}", .. Measures(contexts.Unit), "attention length",
            .. contexts.Fractions.Select(fraction => string.Create(CultureInfo.InvariantCulture, $"RECL r={fraction:0.0##}")),
            "steps", "training", "training loss", "validation loss",
        ];
    }

    /// <summary>Units of a loss in addition to nats, the usual one for the kind of token first.</summary>
    /// <param name="unit">The value of <see cref="Vocabulary.Unit"/>.</param>
    public static IReadOnlyList<string> Measures(string unit) => unit switch
    {
        "character" => [PerCharacter, PerByte, Perplexity],
        "word" => [Perplexity, PerCharacter],
        _ => [PerByte, PerCharacter, Perplexity],
    };

    /// <summary>The values of a row.</summary>
    /// <param name="row">The model.</param>
    /// <param name="context">The measurement of its context.</param>
    /// <param name="unit">The value of <see cref="Vocabulary.Unit"/>.</param>
    public static IReadOnlyList<string> Values(ComparisonRow row, ContextFinding context, string unit)
    {
        ArgumentNullException.ThrowIfNull(row);
        ArgumentNullException.ThrowIfNull(context);
        CultureInfo culture = CultureInfo.InvariantCulture;
        return
        [
            row.Model.Title,
            row.Parameters.ToString("N0", culture),
            Loss(row),
            .. Measures(unit).Select(name => Value(row, name)),
            row.AttentionLength?.ToString("N0", culture) ?? "no limit",
            .. context.Relative.Select(length => $"{(length.IsAtLeast ? "at least " : "")}{length.Tokens.ToString("N0", culture)}"),
            row.State.Step.ToString("N0", culture),
            string.Create(culture, $"{row.State.Seconds:N0} s"),
            row.TrainingLoss?.ToString("F3", culture) ?? "",
            row.ValidationLoss?.ToString("F3", culture) ?? "",
        ];
    }

    /// <summary>The test loss in nats; with several seeds mean ± standard deviation.</summary>
    /// <param name="row">The model.</param>
    public static string Loss(ComparisonRow row)
    {
        ArgumentNullException.ThrowIfNull(row);
        return row.MeanLoss.ToString("F3", CultureInfo.InvariantCulture)
            + (row.LossDeviation is { } deviation ? string.Create(CultureInfo.InvariantCulture, $" ± {deviation:F3}") : "");
    }

    internal static ResultTable Of(IReadOnlyList<ComparisonRow> rows, ContextComparison contexts) =>
        new(Columns(contexts), [.. rows.Zip(contexts.Models, (row, context) => Values(row, context, contexts.Unit))]);

    /// <summary>The mean loss of all seeds in another unit; bits are proportional to nats, and the text is the same.</summary>
    private static string Value(ComparisonRow row, string measure)
    {
        double seeds = row.MeanLoss / row.Test.MeanNll;
        return measure switch
        {
            Perplexity => Math.Exp(row.MeanLoss).ToString("F2", CultureInfo.InvariantCulture),
            PerByte => (row.Test.BitsPerByte * seeds)?.ToString("F3", CultureInfo.InvariantCulture) ?? "unknown",
            _ => (row.Test.BitsPerCharacter * seeds).ToString("F3", CultureInfo.InvariantCulture),
        };
    }
}
