using System.Diagnostics;
using TransformerXL.Heads;
using TransformerXL.Inference;
using TransformerXL.Inference.Ordering;
using TransformerXL.Labels;
using TransformerXL.Training.Baselines;
using TransformerXL.Training.Examples;
using TransformerXL.Training.Metrics;

namespace TransformerXL.Training.Tasks;

/// <summary>Measures labels or numbers of texts.</summary>
internal sealed class ClassificationValidation(TaskRunner runner, ClassificationExamples examples, TaskConfiguration task)
{
    private const int Streams = 16, MaxWorst = 20;

    private IReadOnlyList<TaskBaseline>? _baselines;
    private int[][]? _documents;

    private HeadConfiguration Head => runner.Head.Configuration;

    private LabelSet Labels => examples.Labels;

    public TaskReport Run(long step, IProgress<ValidationProgress>? progress, CancellationToken cancellationToken) =>
        Run(examples.Validation, _documents ??= Encode(examples.Validation), step, progress, cancellationToken) with { Baselines = _baselines ??= BaselinesOn(examples.Validation) };

    /// <summary>Measures the examples alone and in their order.</summary>
    /// <param name="order">How labels depend on each other; found on these examples if null.</param>
    /// <param name="progress">Called with the progress.</param>
    /// <param name="cancellationToken">Ends the measurement.</param>
    public TaskReport RunInOrder(LabelOrder? order, IProgress<ValidationProgress>? progress, CancellationToken cancellationToken)
    {
        ExampleSource<TextExample>? source = examples.ValidationSource;
        TransformerXL.Require.That(source?.Format != ExampleFormat.Folders, $"'{source?.Path}' has a folder for each class, and no order of reading: its texts are sorted by their labels; name a file whose texts follow one another");
        IReadOnlyList<TextExample> texts = examples.Validation;
        int[][] documents = Encode(texts);
        float[][] logits = Read(texts, documents, 0, progress, cancellationToken);
        Classification[] alone = [.. logits.Select((values, i) => Classifier.Of(Head, values, documents[i].Length))];
        LabelOrder used = order ?? LabelOrder.Fit(alone, [.. texts.Select(text => text.Labels[0])], SharesOfTraining(), cancellationToken);
        LabelFilter filter = new(used);
        ConfusionMatrix matrix = new(Labels);
        double loss = 0;
        for (int i = 0; i < texts.Count; i++)
        {
            Classification inOrder = filter.Next(alone[i]);
            int gold = Labels.IdOf(texts[i].Labels[0]);
            matrix.Add(gold, Labels.IdOf(inOrder.Labels[0]));
            loss -= Math.Log(Math.Max(double.Epsilon, inOrder.Probabilities[gold].Probability));
        }

        return Report(texts, logits, 0) with
        {
            Baselines = BaselinesOn(texts),
            InOrder = new OrderReport { Order = used, IsFitted = order is null, HasGaps = source?.Whole is not null, Metrics = TextMetrics.Of(matrix), Loss = loss / texts.Count },
        };
    }

    /// <summary>The shares of the labels in the training examples, with one added to each count, so that none is 0.</summary>
    private double[] SharesOfTraining()
    {
        double sum = examples.LabelCounts.Sum() + Labels.Count;
        return [.. examples.LabelCounts.Select(count => (count + 1) / sum)];
    }

    public TaskReport Run(IReadOnlyList<TextExample> texts, int[][] documents, long step, IProgress<ValidationProgress>? progress, CancellationToken cancellationToken) =>
        Report(texts, Read(texts, documents, step, progress, cancellationToken), step);

    private float[][] Read(IReadOnlyList<TextExample> texts, int[][] documents, long step, IProgress<ValidationProgress>? progress, CancellationToken cancellationToken)
    {
        long begin = Stopwatch.GetTimestamp();
        float[][] logits = new float[texts.Count][];
        int done = 0;
        TaskRunner.InGroups(documents, Streams, group =>
        {
            cancellationToken.ThrowIfCancellationRequested();
            float[][] values = runner.OfTexts([.. group.Select(i => documents[i])]);
            for (int i = 0; i < group.Length; i++)
            {
                logits[group[i]] = values[i];
            }

            done += group.Length;
            progress?.Report(new ValidationProgress(step, done, texts.Count, WritesSample: false, Stopwatch.GetElapsedTime(begin)));
        });
        return logits;
    }

    public int[][] Encode(IReadOnlyList<TextExample> texts)
    {
        TaskTexts encoder = new(examples.Vocabulary);
        return [.. texts.Select(text => encoder.OfText(text.Text, text.SecondText))];
    }

    /// <summary>What the most frequent label and naive Bayes reach, or the mean of the numbers.</summary>
    public IReadOnlyList<TaskBaseline> BaselinesOn(IReadOnlyList<TextExample> texts)
    {
        if (examples.Train.Count == 0)
        {
            return [];
        }

        if (Head.Kind == HeadKind.Number)
        {
            MeanNumber mean = MeanNumber.Train(examples.Train);
            return [new TaskBaseline("mean", TextMetrics.OfNumbers([.. texts.Select(text => (text.Number!.Value, mean.Value))]))];
        }

        MajorityClass majority = MajorityClass.Train(examples.Train, Labels);
        NaiveBayes bayes = NaiveBayes.Train(examples.Train, Labels);
        return
        [
            new TaskBaseline("majority", Head.Kind == HeadKind.OneLabel ? Of(texts, _ => majority.Label) : OfSets(texts, _ => [.. majority.Set])),
            new TaskBaseline("naive Bayes", Head.Kind == HeadKind.OneLabel ? Of(texts, bayes.Predict) : OfSets(texts, bayes.PredictSet)),
        ];
    }

    private IReadOnlyList<Metric> Of(IReadOnlyList<TextExample> texts, Func<TextExample, int> predict)
    {
        ConfusionMatrix matrix = new(Labels);
        foreach (TextExample text in texts)
        {
            matrix.Add(Labels.IdOf(text.Labels[0]), predict(text));
        }

        return TextMetrics.Of(matrix);
    }

    private IReadOnlyList<Metric> OfSets(IReadOnlyList<TextExample> texts, Func<TextExample, int[]> predict)
    {
        LabelSetScores scores = new(Labels);
        foreach (TextExample text in texts)
        {
            scores.Add(IdsOf(text), predict(text));
        }

        return TextMetrics.Of(scores);
    }

    private TaskReport Report(IReadOnlyList<TextExample> texts, float[][] logits, long step)
    {
        double[] losses = [.. texts.Select((text, i) => LossOf(text, logits[i]))];
        (IReadOnlyList<Metric> metrics, TaskDetails details) = Head.Kind switch
        {
            HeadKind.OneLabel => OneLabel(texts, logits),
            HeadKind.SeveralLabels => SeveralLabels(texts, logits),
            _ => (TextMetrics.OfNumbers([.. texts.Select((text, i) => (text.Number!.Value, NumberOf(logits[i])))]), new TaskDetails()),
        };
        return new TaskReport
        {
            Step = step,
            Loss = losses.Average(),
            Values = metrics,
            ChosenBy = TextMetrics.Choose(task.Metric, metrics),
            Examples = texts.Count,
            Details = details with { Worst = [.. Worst(texts, logits, losses)] },
        };
    }

    private (IReadOnlyList<Metric>, TaskDetails) OneLabel(IReadOnlyList<TextExample> texts, float[][] logits)
    {
        ConfusionMatrix matrix = new(Labels);
        for (int i = 0; i < texts.Count; i++)
        {
            matrix.Add(Labels.IdOf(texts[i].Labels[0]), Distribution.Best<float>(logits[i]));
        }

        return (TextMetrics.Of(matrix), TextMetrics.DetailsOf(matrix, Labels));
    }

    private (IReadOnlyList<Metric>, TaskDetails) SeveralLabels(IReadOnlyList<TextExample> texts, float[][] logits)
    {
        LabelSetScores scores = new(Labels);
        for (int i = 0; i < texts.Count; i++)
        {
            float[] values = logits[i];
            scores.Add(IdsOf(texts[i]), [.. Enumerable.Range(0, Labels.Count).Where(label => values[label] >= 0)]);
        }

        return (TextMetrics.Of(scores), new TaskDetails { Labels = [.. Labels.Select((label, i) => (label, scores.Of(i)))] });
    }

    private int[] IdsOf(TextExample text) => [.. text.Labels.Select(Labels.IdOf)];

    private double NumberOf(float[] logits) => (logits[0] * Head.NumberScale) + Head.NumberMean;

    private double LossOf(TextExample text, float[] logits) => Head.Kind switch
    {
        HeadKind.OneLabel => -Math.Log(Math.Max(double.Epsilon, Distribution.Softmax(logits)[Labels.IdOf(text.Labels[0])])),
        HeadKind.SeveralLabels => Labels.Select((label, i) => (text.Labels.Contains(label) ? Math.Max(-logits[i], 0) : Math.Max(logits[i], 0)) + Math.Log(1 + Math.Exp(-Math.Abs(logits[i])))).Average(),
        _ => Math.Pow((text.Number!.Value - NumberOf(logits)) / Head.NumberScale, 2),
    };

    private IEnumerable<WorstExample> Worst(IReadOnlyList<TextExample> texts, float[][] logits, double[] losses)
    {
        foreach (int i in Enumerable.Range(0, texts.Count).OrderByDescending(i => losses[i]).Take(MaxWorst))
        {
            (string gold, string predicted) = Words(texts[i], logits[i]);
            if (gold != predicted)
            {
                yield return new WorstExample(WorstExample.Where(texts[i].Place), WorstExample.Shorten(texts[i].Text), gold, predicted, losses[i]);
            }
        }
    }

    private (string Gold, string Predicted) Words(TextExample text, float[] logits) => Head.Kind switch
    {
        HeadKind.OneLabel => (text.Labels[0], Labels[Distribution.Best<float>(logits)]),
        HeadKind.SeveralLabels => (string.Join(", ", text.Labels.Order(StringComparer.Ordinal)), string.Join(", ", Labels.Where((_, i) => logits[i] >= 0).Order(StringComparer.Ordinal))),
        _ => (FormattableString.Invariant($"{text.Number:G6}"), FormattableString.Invariant($"{NumberOf(logits):G6}")),
    };
}
