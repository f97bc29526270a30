using TransformerXL.Heads;
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

    /// <summary>
    /// Those of questions that have no answer, and the best that a threshold gives, only by the rules of SQuAD 2.0. As in its script, the metrics of a kind of questions
    /// that does not occur are left out, except the one that is wanted.
    /// </summary>
    public static IReadOnlyList<Metric> Of(AnswerScores scores, bool withUnanswerable, string? wanted) =>
    [
        Percent("exact_match", scores.ExactMatch),
        Percent("f1", scores.F1),
        .. withUnanswerable ? (Metric[])
        [
            .. OfGroup("no_answer", scores.NoAnswer, wanted),
            .. OfGroup("has_answer", scores.HasAnswer, wanted),
            Percent("best_exact_match", scores.BestExactMatch().Percent),
            Percent("best_f1", scores.BestF1().Percent),
        ]
        : [],
    ];

    private static IEnumerable<Metric> OfGroup(string name, AnswerGroup group, string? wanted) =>
        ((Metric[])[Percent($"{name}_exact_match", group.ExactMatch), Percent($"{name}_f1", group.F1)]).Where(metric => group.Count > 0 || metric.Name == wanted);

    private static Metric Percent(string name, double value) => new(name, value, HigherIsBetter: true, "%");

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
    public static string Choose(string? wanted, IReadOnlyList<Metric> metrics) => wanted ?? metrics[0].Name;

    /// <summary>The metric that chooses the best weights of a run.</summary>
    public static string Choose(string? wanted, HeadConfiguration head) => wanted ?? NamesOf(head)[0];

    /// <summary>Refuses the name of a metric that a task does not have, before anything is trained.</summary>
    /// <exception cref="InputException">There is no such metric.</exception>
    public static void RequireName(string? wanted, HeadConfiguration head)
    {
        string[] names = [.. NamesOf(head), TaskValidationReport.LossName];
        Require.That(wanted is null || names.Contains(wanted), $"'{wanted}' is not a metric of this task; there are: {string.Join(", ", names)}", [new("task.metric")]);
    }

    /// <summary>The metrics of a head, the one that chooses unless another is named first.</summary>
    private static string[] NamesOf(HeadConfiguration head) => head.Kind switch
    {
        HeadKind.OneLabel => ["accuracy", "macro_f1", "micro_f1", "matthews"],
        HeadKind.SeveralLabels => ["micro_f1", "macro_f1", "exact_match"],
        HeadKind.Number => ["spearman", "pearson", "mean_squared_error", "mean_absolute_error"],
        HeadKind.Tags when head.Scheme == TagScheme.Plain => ["accuracy", "macro_f1"],
        HeadKind.Tags => ["f1", "precision", "recall", "accuracy"],
        _ when head.HasUnanswerable =>
            ["exact_match", "f1", "no_answer_exact_match", "no_answer_f1", "has_answer_exact_match", "has_answer_f1", "best_exact_match", "best_f1"],
        _ => ["exact_match", "f1"],
    };
}
