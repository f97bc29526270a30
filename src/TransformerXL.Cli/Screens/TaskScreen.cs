using System.Globalization;
using Spectre.Console;
using Spectre.Console.Rendering;
using TransformerXL.Heads;
using TransformerXL.Training.Metrics;
using TransformerXL.Training.Tasks;

namespace TransformerXL.Cli.Screens;

/// <summary>The evaluation of a model of a task: its metrics and those of baselines, and the scores of each label.</summary>
internal static class TaskScreen
{
    private const int MaxLabels = 20;

    /// <summary>Draws the screen.</summary>
    /// <param name="trained">The model.</param>
    /// <param name="examples">The name of the examples.</param>
    /// <param name="report">The measurements.</param>
    public static IRenderable Render(ModelFolder trained, string examples, TaskReport report)
    {
        OrderReport? order = report.InOrder;
        Table metrics = New("metric", [order is null ? "model" : "alone", .. order is null ? (string[])[] : ["in order"], .. report.Baselines.Select(baseline => baseline.Name)]);
        foreach (Metric metric in report.Metrics)
        {
            metrics.AddRow([metric.Name.Replace('_', ' '), LossText.Value(metric), .. InOrder(metric), .. report.Baselines.Select(baseline => Of(baseline.Metrics, metric.Name))]);
        }

        metrics.AddRow([trained.Head?.Configuration.Kind == HeadKind.Number ? "loss (squared, of scaled numbers)" : "loss in nats", Figures.Loss(report.Loss), .. order is null ? (string[])[] : [Figures.Loss(order.Loss)], .. report.Baselines.Select(_ => "")]);
        List<IRenderable> parts = [new Spectre.Console.Text($"{Figures.Count(report.Examples, trained.Head is null ? "masked token" : "example")} ({examples}), {trained.Path}{(trained.Checkpoint is null ? "" : $", checkpoint {trained.Checkpoint}")}"), metrics];
        if (report.Details is { Labels.Count: > 0 } details)
        {
            parts.Add(Labels(details, order is null ? "label" : "label, alone"));
        }

        if (order is not null)
        {
            parts.Add(new Spectre.Console.Text(string.Create(
                CultureInfo.InvariantCulture,
                $"in order: each text with those before it; probability to stay {order.Order.Stay:0.###}, weight {order.Order.Weight:0.##}{(order.IsFitted ? ", found on these examples" : "")}")));
        }

        return new Rows(parts);

        string[] InOrder(Metric metric) => order is null ? [] : [Of(order.Metrics, metric.Name)];
    }

    private static Table Labels(TaskDetails details, string first)
    {
        Table table = New(first, ["precision", "recall", "F1", "examples"]);
        foreach ((string label, ClassScores scores) in details.Labels.OrderByDescending(entry => entry.Scores.Support).Take(MaxLabels))
        {
            table.AddRow(label.EscapeMarkup(), Share(scores.Precision), Share(scores.Recall), Share(scores.F1), Figures.Count(scores.Support));
        }

        if (details.Labels.Count > MaxLabels)
        {
            table.AddRow($"and {details.Labels.Count - MaxLabels} more", "", "", "", "");
        }

        return table;
    }

    private static Table New(string first, IEnumerable<string> columns)
    {
        Table table = new Table { Border = TableBorder.None }.AddColumn(first);
        foreach (string column in columns)
        {
            table.AddColumn(new TableColumn(column.EscapeMarkup()).RightAligned());
        }

        return table;
    }

    private static string Of(IReadOnlyList<Metric> metrics, string name) => metrics.FirstOrDefault(metric => metric.Name == name) is { } metric ? LossText.Value(metric) : "";

    private static string Share(double value) => value.ToString("0.000", CultureInfo.InvariantCulture);
}
