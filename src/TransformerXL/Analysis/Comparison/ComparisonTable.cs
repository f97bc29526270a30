using System.Globalization;
using TransformerXL.Analysis.Context;
using TransformerXL.Analysis.Reports;

namespace TransformerXL.Analysis.Comparison;

/// <summary>The table of a comparison, for pages and terminals.</summary>
public static class ComparisonTable
{
    /// <summary>Names of the columns.</summary>
    /// <param name="contexts">What was found about contexts.</param>
    public static IReadOnlyList<string> Columns(ContextComparison contexts)
    {
        ArgumentNullException.ThrowIfNull(contexts);
        return
        [
            "model", "parameters", $"nats per {contexts.Unit}", "bits per character", "perplexity", "attention length",
            .. contexts.Fractions.Select(fraction => string.Create(CultureInfo.InvariantCulture, $"RECL r={fraction:0.0##}")),
            "steps", "training", "training loss", "validation loss",
        ];
    }

    /// <summary>The values of a row.</summary>
    /// <param name="row">The model.</param>
    /// <param name="context">What was found about its context.</param>
    public static IReadOnlyList<string> Values(ComparisonRow row, ContextFinding context)
    {
        ArgumentNullException.ThrowIfNull(row);
        ArgumentNullException.ThrowIfNull(context);
        CultureInfo culture = CultureInfo.InvariantCulture;
        return
        [
            row.Model.Title,
            row.Parameters.ToString("N0", culture),
            Loss(row),
            row.Test.BitsPerCharacter.ToString("F3", culture),
            row.Test.Perplexity.ToString("F2", culture),
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
        new(Columns(contexts), [.. rows.Zip(contexts.Models, Values)]);
}
