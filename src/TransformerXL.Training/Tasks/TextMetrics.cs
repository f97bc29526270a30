using TransformerXL.Labels;
using TransformerXL.Training.Metrics;

namespace TransformerXL.Training.Tasks;

/// <summary>The metrics of the tasks under the names of records; the first one chooses the best checkpoint unless another is named.</summary>
internal static class TextMetrics
{
    public static IReadOnlyList<Metric> Of(ConfusionMatrix matrix) =>
    [
        new("accuracy", matrix.Accuracy, HigherIsBetter: true),
        new("macro_f1", matrix.MacroF1, HigherIsBetter: true),
        new("micro_f1", matrix.MicroF1, HigherIsBetter: true),
        new("matthews", matrix.Matthews, HigherIsBetter: true),
    ];

    public static IReadOnlyList<Metric> Of(LabelSetScores scores) =>
    [
        new("micro_f1", scores.MicroF1, HigherIsBetter: true),
        new("macro_f1", scores.MacroF1, HigherIsBetter: true),
        new("exact_match", scores.ExactMatch, HigherIsBetter: true),
    ];

    /// <summary>A correlation of constant values counts as none.</summary>
    public static IReadOnlyList<Metric> OfNumbers(IReadOnlyList<(double Gold, double Predicted)> pairs)
    {
        NumberScores scores = new();
        foreach ((double gold, double predicted) in pairs)
        {
            scores.Add(gold, predicted);
        }

        return
        [
            new("spearman", scores.Spearman ?? 0, HigherIsBetter: true),
            new("pearson", scores.Pearson ?? 0, HigherIsBetter: true),
            new("mean_squared_error", scores.MeanSquaredError),
            new("mean_absolute_error", scores.MeanAbsoluteError),
        ];
    }

    public static TaskDetails DetailsOf(ConfusionMatrix matrix, LabelSet labels) => new()
    {
        Labels = [.. labels.Select((label, i) => (label, matrix.Of(i)))],
        Confusions =
        [
            .. from gold in Enumerable.Range(0, labels.Count)
               from predicted in Enumerable.Range(0, labels.Count)
               where matrix[gold, predicted] > 0
               select (labels[gold], labels[predicted], matrix[gold, predicted]),
        ],
    };

    /// <summary>The metric that a configuration names, or the first one.</summary>
    /// <exception cref="InputException">There is no such metric.</exception>
    public static string Choose(string? wanted, IReadOnlyList<Metric> metrics)
    {
        Require.That(
            wanted is null or TaskValidationReport.LossName || metrics.Any(metric => metric.Name == wanted),
            $"'{wanted}' is not a metric of this task; there are: {string.Join(", ", metrics.Select(metric => metric.Name).Append(TaskValidationReport.LossName))}",
            [new("task.metric")]);
        return wanted ?? metrics[0].Name;
    }
}
