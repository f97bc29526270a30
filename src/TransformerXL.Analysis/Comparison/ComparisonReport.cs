using System.Globalization;
using System.Text;
using TransformerXL.Analysis.Context;
using TransformerXL.Analysis.Reports;
using TransformerXL.Files;

namespace TransformerXL.Analysis.Comparison;

/// <summary>The page about a comparison: the table, losses over tokens, and how much context each model uses.</summary>
public static class ComparisonReport
{
    /// <summary>Writes the page, all or nothing.</summary>
    /// <param name="rows">The models.</param>
    /// <param name="contexts">Measurements of their contexts, in the same order.</param>
    /// <param name="setting">The text and recipe.</param>
    /// <param name="path">The file.</param>
    public static void Write(IReadOnlyList<ComparisonRow> rows, ContextComparison contexts, ComparisonSetting setting, string path)
    {
        ArgumentNullException.ThrowIfNull(setting);
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentNullException.ThrowIfNull(contexts);
        HtmlPage page = Compose(rows, contexts, setting);
        AtomicFile.Write(path, stream =>
        {
            using StreamWriter writer = new(stream, new UTF8Encoding(false), leaveOpen: true);
            page.Write(writer);
        });
    }

    private static HtmlPage Compose(IReadOnlyList<ComparisonRow> rows, ContextComparison contexts, ComparisonSetting setting) => new()
    {
        Title = $"Comparison of {(rows.Count == 1 ? "1 model" : $"{rows.Count} models")}",
        Summary = Finding(rows, contexts),
        Sections =
        [
            new("Results", [ComparisonTable.Of(rows, contexts), .. ComparisonBudget.Findings(rows, setting).Select(finding => new Paragraph(finding + " Train longer before you judge.")), new Paragraph(Explain(contexts))]),
            new("Training", [Curves(rows, contexts.Unit), TrainingCurves(rows, contexts.Unit)]),
            new("Context", [.. contexts.Fractions.Select((_, fraction) => (ReportPart)ContextCharts.Gains(contexts, fraction)), ContextCharts.Losses(contexts)]),
            new("What was compared", [Facts(setting)]),
        ],
    };

    private static string Finding(IReadOnlyList<ComparisonRow> rows, ContextComparison contexts)
    {
        ComparisonRow best = rows.MinBy(row => row.MeanLoss)!, worst = rows.MaxBy(row => row.MeanLoss)!;
        string losses = rows.Count == 1 ? "" : string.Create(
            CultureInfo.InvariantCulture,
            $"{best.Model.Title} predicts the test text best, with {best.MeanLoss:F3} nats per {contexts.Unit}; {worst.Model.Title} needs {worst.MeanLoss:F3}. ");
        return losses + ContextFindings.Lengths(contexts, 0) + ".";
    }

    private static string Explain(ContextComparison contexts) =>
        $"All models have the same number of parameters within {EqualParameters.Tolerance:P0} and the same budget of training. The attention length is the maximum number of {contexts.Unit}s that a prediction uses, with the lengths that predicted the validation text best. RECL is the relative effective context length (Dai et al. 2019, appendix C) within this group.";

    private static LineChart Curves(IReadOnlyList<ComparisonRow> rows, string unit) => new()
    {
        Title = "Validation loss over the tokens read in training",
        X = new ChartAxis($"{unit}s read"),
        Y = new ChartAxis($"loss (nats per {unit})"),
        Series = [.. rows.Select(row => new LineSeries(row.Model.Name, row.History.ValidationByTokens.Points, HasMarkers: true))],
        Note = "With the segment and memory lengths of training.",
    };

    private static LineChart TrainingCurves(IReadOnlyList<ComparisonRow> rows, string unit) => new()
    {
        Title = "Training loss over the tokens read in training",
        X = new ChartAxis($"{unit}s read"),
        Y = new ChartAxis($"loss (nats per {unit})"),
        Series = [.. rows.Select(row => new LineSeries(row.Model.Name, row.History.LossByTokens.Points))],
        Note = "With dropout, and with the weights of each step.",
    };

    private static FactTable Facts(ComparisonSetting setting) => new("Text, recipe and machine",
    [
        ("text", setting.Text),
        ("unigram entropy", string.Create(CultureInfo.InvariantCulture, $"{setting.UnigramEntropy:F3} nats per token of the training text")),
        ("recipe", setting.Recipe),
        ("seed", setting.SeedText),
        ("machine", setting.MachineText),
        ("system", setting.Machine.System),
    ]);
}
