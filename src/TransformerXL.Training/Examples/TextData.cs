using System.Globalization;
using TransformerXL.Files;
using TransformerXL.Labels;

namespace TransformerXL.Training.Examples;

/// <summary>What a classification of texts learns from: its labels, and a summary of its data.</summary>
public sealed record TextData
{
    private TextData()
    {
    }

    /// <summary>What a label is.</summary>
    public required LabelKind Kind { get; init; }

    /// <summary>The labels; empty for numbers.</summary>
    public required LabelSet Labels { get; init; }

    /// <summary>Whether the texts are pairs.</summary>
    public required bool HasPairs { get; init; }

    /// <summary>Mean of the numbers of the training data; 0 for labels.</summary>
    public required double Mean { get; init; }

    /// <summary>Standard deviation of the numbers of the training data; 0 for labels.</summary>
    public required double Deviation { get; init; }

    /// <summary>Counts, lengths, duplicates.</summary>
    public required DataSummary Summary { get; init; }

    /// <summary>Reads all splits once, and checks that they fit each other.</summary>
    /// <param name="train">The training data.</param>
    /// <param name="validation">The validation data; null if there is none.</param>
    /// <param name="test">The test data; null if there is none.</param>
    /// <param name="known">The labels, where they are given; null takes those of the training data in ordinal order.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    /// <exception cref="InputException">A split is empty, has other labels or another kind of them, or the training data has fewer than two labels.</exception>
    public static TextData Inspect(
        ExampleSource<TextExample> train,
        ExampleSource<TextExample>? validation = null,
        ExampleSource<TextExample>? test = null,
        LabelSet? known = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(train);
        LabelKind kind = train.Labels;
        foreach (ExampleSource<TextExample>? other in (ExampleSource<TextExample>?[])[validation, test])
        {
            if (other is not null)
            {
                Require.That(other.Labels == kind, $"'{train.Path}' has {Words(kind)}, but '{other.Path}' has {Words(other.Labels)}; both need the same", [new("task.examples.labels")]);
            }
        }

        DataSurvey<TextExample> survey = new("characters", example => example.Labels);
        LabelSet? labels = known;
        bool? pairs = null;
        NumberSpread spread = new();
        DataSummary summary = survey.Read(
            train,
            validation,
            test,
            (example, training) =>
            {
                pairs ??= example.SecondText is not null;
                example.Place.Require(pairs == (example.SecondText is not null), pairs.Value ? "the example is a single text, but the others are pairs" : "the example is a pair of texts, but the others are single texts");
                Check(example, kind, labels);
                if (training && example.Number is { } number)
                {
                    spread.Add(number);
                }
            },
            () =>
            {
                Require.That(
                    kind == LabelKind.Number || survey.TrainingLabels.Count > 0,
                    $"no example of the training data '{train.Path}' has a label; name the column or member of the labels, if it has one",
                    [new("task.examples.labelColumn")]);
                labels ??= LabelSet.Sorted(survey.TrainingLabels.Keys);
            },
            cancellationToken);
        Require.That(kind == LabelKind.Number || labels!.Count >= (kind == LabelKind.One ? 2 : 1), $"the training data '{train.Path}' has {labels!.Count} {(labels.Count == 1 ? "label" : "labels")}{(labels.Count == 1 ? $", '{InputText.Show(labels[0])}'" : "")}; there is nothing to tell apart");
        Require.That(kind != LabelKind.Number || spread.Count > 0, $"the training data '{train.Path}' has no numbers to predict");
        Require.That(
            kind != LabelKind.Number || double.IsFinite(spread.Deviation),
            $"the numbers of the training data '{train.Path}' are too far apart: their standard deviation is not a finite number. Scale them down, for example to thousands or to logarithms");
        summary = NumbersAsLabels(kind, labels!) is { } warning ? summary with { Warnings = [.. summary.Warnings, warning] } : summary;
        return new TextData { Kind = kind, Labels = labels!, HasPairs = pairs!.Value, Mean = spread.Mean, Deviation = spread.Deviation, Summary = summary };
    }

    private static string Words(LabelKind kind) => kind switch
    {
        LabelKind.One => "one label for each example",
        LabelKind.Several => "lists of labels",
        _ => "numbers",
    };

    /// <summary>A warning if the labels are numbers with a fraction, which are hardly meant as names of classes; null otherwise.</summary>
    private static DataWarning? NumbersAsLabels(LabelKind kind, LabelSet labels) =>
        kind == LabelKind.One
        && labels.All(label => double.TryParse(label, NumberStyles.Float, CultureInfo.InvariantCulture, out _))
        && labels.Any(label => !long.TryParse(label, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _))
            ? new DataWarning(string.Create(CultureInfo.InvariantCulture, $"the labels are {labels.Count} different numbers, and each is a class of its own; to predict a number, say that labels are numbers")) { Remedies = [new("task.examples.labels", "number")] }
            : null;

    private static void Check(TextExample example, LabelKind kind, LabelSet? labels)
    {
        foreach (string label in labels is null ? [] : example.Labels)
        {
            if (kind == LabelKind.Number || labels!.TryGetId(label, out _))
            {
                continue;
            }

            string message = $"the label '{InputText.Show(label)}' does not occur in the training data, so no model can learn it; {labels!.Nearest(label)}. Correct it, or give the training data examples of it";
            throw NumbersAsLabels(kind, labels) is null
                ? example.Place.Fault(message)
                : example.Place.Fault($"{message}. To predict numbers, say that labels are numbers", "task.examples.labels", "number");
        }
    }
}
