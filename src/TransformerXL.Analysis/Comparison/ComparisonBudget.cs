using System.Globalization;
using TransformerXL.Analysis.Reports;

namespace TransformerXL.Analysis.Comparison;

/// <summary>Finds models that were trained too briefly for a fair comparison.</summary>
internal static class ComparisonBudget
{
    /// <summary>If the validation loss fell by more than this share between the last two validations, it is still falling.</summary>
    private const double StillFalling = 0.02;

    /// <summary>A sentence for each reason to train longer; empty if there is none.</summary>
    /// <param name="rows">The models.</param>
    /// <param name="setting">The text and recipe.</param>
    public static IReadOnlyList<string> Findings(IReadOnlyList<ComparisonRow> rows, ComparisonSetting setting)
    {
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentNullException.ThrowIfNull(setting);
        return [.. rows.Select(row => AboveUnigrams(row, setting) ?? Falling(row)).OfType<string>()];
    }

    private static string? AboveUnigrams(ComparisonRow row, ComparisonSetting setting) => row.MeanLoss < setting.UnigramEntropy
        ? null
        : string.Create(CultureInfo.InvariantCulture, $"{row.Model.Name} has learned no more than how often each token occurs: its test loss is {row.MeanLoss:F3} nats, the unigram entropy {setting.UnigramEntropy:F3}.");

    private static string? Falling(ComparisonRow row)
    {
        IReadOnlyList<SeriesPoint> curve = row.History.ValidationByTokens.Points;
        if (curve.Count < 2 || curve[^1].Y >= curve[^2].Y * (1 - StillFalling))
        {
            return null;
        }

        double share = 1 - (curve[^1].Y / curve[^2].Y);
        return string.Create(CultureInfo.InvariantCulture, $"The validation loss of {row.Model.Name} still fell by {share:P0} between its last two validations.");
    }
}
