using System.Globalization;
using System.Text.Json;
using TransformerXL.Training;
using TransformerXL.Training.Tasks;

namespace TransformerXL.Analysis.Reports;

/// <summary>The sections about a task: its metrics and those of the baselines, each label, the confusions, the worst errors.</summary>
internal static class TaskSections
{
    private const int MaxMatrix = 24, MaxRows = 40;

    /// <summary>The best validation in a sentence; null for next-token prediction.</summary>
    public static string? Summary(RunHistory history, RunConfiguration configuration)
    {
        if (history.BestOfTask is not { } best)
        {
            return null;
        }

        string metric = best.GetProperty("chosen_by").GetString()!;
        string baselines = string.Join(", ", Baselines(best).Where(baseline => baseline.Value.TryGetProperty(metric, out _)).Select(baseline => $"{baseline.Name} {Figure(configuration, metric, baseline.Value.GetProperty(metric))}"));
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{history.Step:N0} of {configuration.Training.Steps:N0} steps. The best validation is that of step {best.GetProperty("step").GetInt64():N0}: {Words(metric)} {Figure(configuration, metric, best.GetProperty(metric))}{(baselines.Length > 0 ? $" ({baselines})" : "")}.");
    }

    /// <summary>The sections, from the best validation; none for next-token prediction.</summary>
    public static IEnumerable<ReportSection> Of(RunHistory history, RunConfiguration configuration)
    {
        if (history.BestOfTask is not { } best)
        {
            yield break;
        }

        yield return new ReportSection("Task", [Metrics(best, configuration), .. Curve(history, best, configuration)]);
        if (List(best, "labels") is { Count: > 0 } labels)
        {
            yield return new ReportSection("Labels", [.. Labels(labels), .. Confusions(best, labels)]);
        }

        if (List(best, "worst") is { Count: > 0 } worst)
        {
            string unit = LossUnit.For(configuration, "", history)[0].Name;
            yield return new ReportSection("Worst errors", [.. worst.Select(example => Worst(example, unit))]);
        }
    }

    private static ResultTable Metrics(JsonElement best, RunConfiguration configuration)
    {
        JsonProperty[] baselines = Baselines(best);
        string[] names = baselines.Length > 0
            ? [.. baselines.SelectMany(baseline => baseline.Value.EnumerateObject().Select(metric => metric.Name)).Distinct(), .. best.EnumerateObject().Select(member => member.Name).Where(IsPartOfLoss), "loss"]
            : [best.GetProperty("chosen_by").GetString()!, "loss"];
        return new ResultTable(
            ["metric", "model", .. baselines.Select(baseline => baseline.Name)],
            [
                .. names.Distinct().Where(name => best.TryGetProperty(name, out _)).Select(name => (string[])
                [
                    Words(name), Figure(configuration, name, best.GetProperty(name)),
                    .. baselines.Select(baseline => baseline.Value.TryGetProperty(name, out JsonElement value) ? Figure(configuration, name, value) : ""),
                ]),
            ]);
    }

    /// <summary>Whether a member is the loss of one of several objectives.</summary>
    private static bool IsPartOfLoss(string name) => name.EndsWith("_loss", StringComparison.Ordinal);

    private static IEnumerable<ReportPart> Curve(RunHistory history, JsonElement best, RunConfiguration configuration)
    {
        IReadOnlyList<SeriesPoint> points = history.TaskMetric.Points;
        if (points.Count > 1)
        {
            string metric = best.GetProperty("chosen_by").GetString()!;
            yield return new ResultTable(["step", Words(metric)], [.. points.TakeLast(MaxRows).Select(point => (string[])[point.X.ToString("N0", CultureInfo.InvariantCulture), Figure(configuration, metric, point.Y)])]);
        }
    }

    private static IEnumerable<ReportPart> Labels(List<JsonElement> labels)
    {
        yield return new ResultTable(
            ["label", "precision", "recall", "F1", "examples", "predicted"],
            [
                .. labels.Select(label => (string[])
                [
                    Text(label, "label"), Number(label.GetProperty("precision")), Number(label.GetProperty("recall")), Number(label.GetProperty("f1")),
                    Text(label, "support"), Text(label, "predicted"),
                ]),
            ]);
        if (labels.Count == TaskDetails.MaxLabels)
        {
            yield return new Paragraph($"These are the {TaskDetails.MaxLabels} most frequent labels; records keep no more.");
        }
    }

    /// <summary>A confusion matrix if it is small enough to read, otherwise the most frequent confusions.</summary>
    private static IEnumerable<ReportPart> Confusions(JsonElement best, List<JsonElement> labels)
    {
        (string Gold, string Predicted, long Count)[] cells = [.. List(best, "confusions").Select(cell => (cell[0].GetString()!, cell[1].GetString()!, cell[2].GetInt64()))];

        // The table of spans has their types, the confusions those of the tags of their words.
        string[] types = [.. labels.Select(label => Text(label, "label"))];
        string[] names = cells.All(cell => types.Contains(cell.Gold)) ? types : [.. cells.SelectMany(cell => (string[])[cell.Gold, cell.Predicted]).Distinct().Order(StringComparer.Ordinal)];
        if (cells.Length > 0 && names.Length <= MaxMatrix)
        {
            // Shares of each row, so that rare labels are as visible as frequent ones.
            Dictionary<string, long> totals = cells.GroupBy(cell => cell.Gold).ToDictionary(group => group.Key, group => group.Sum(cell => cell.Count));
            yield return new HeatMap
            {
                Title = "Confusion matrix: labels predicted for the examples of each label",
                ValueLabel = "share of the examples of a label",
                RowLabel = "label",
                ColumnLabel = "predicted",
                Rows = names,
                Columns = names,
                Values = [.. from gold in names from predicted in names select (double)cells.FirstOrDefault(cell => cell.Gold == gold && cell.Predicted == predicted).Count / totals.GetValueOrDefault(gold, 1)],
            };
        }

        (string Gold, string Predicted, long Count)[] wrong = [.. cells.Where(cell => cell.Gold != cell.Predicted).OrderByDescending(cell => cell.Count).Take(MaxRows)];
        if (wrong.Length > 0)
        {
            yield return new ResultTable(["label", "predicted instead", "times"], [.. wrong.Select(cell => (string[])[cell.Gold, cell.Predicted, cell.Count.ToString("N0", CultureInfo.InvariantCulture)])]);
        }
    }

    private static FactTable Worst(JsonElement example, string unit) => new(
        Text(example, "place"),
        [("right", Text(example, "gold")), ("predicted", Text(example, "predicted")), ($"loss ({unit})", Number(example.GetProperty("loss"))), ("text", Text(example, "text"))]);

    private static JsonProperty[] Baselines(JsonElement report) => report.TryGetProperty("baselines", out JsonElement baselines) ? [.. baselines.EnumerateObject()] : [];

    private static List<JsonElement> List(JsonElement report, string name) => report.TryGetProperty(name, out JsonElement list) ? [.. list.EnumerateArray()] : [];

    private static string Text(JsonElement element, string name) => element.GetProperty(name).ToString();

    private static string Number(JsonElement value) => Number(value.GetDouble());

    private static string Number(double value) => value.ToString("0.0000", CultureInfo.InvariantCulture);

    /// <summary>The value of a metric; those of answers are percents.</summary>
    private static string Figure(RunConfiguration configuration, string metric, JsonElement value) => Figure(configuration, metric, value.GetDouble());

    private static string Figure(RunConfiguration configuration, string metric, double value) => configuration.Task?.Kind == TaskKind.Answer && metric != "loss"
        ? value.ToString("0.0", CultureInfo.InvariantCulture) + " %"
        : Number(value);

    private static string Words(string metric) => metric.Replace('_', ' ');
}
