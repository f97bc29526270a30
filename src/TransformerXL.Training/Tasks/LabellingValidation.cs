using System.Diagnostics;
using TransformerXL.Heads;
using TransformerXL.Labels;
using TransformerXL.Training.Baselines;
using TransformerXL.Training.Examples;
using TransformerXL.Training.Metrics;

namespace TransformerXL.Training.Tasks;

/// <summary>Measures labels of words.</summary>
internal sealed class LabellingValidation(TaskRunner runner, LabellingExamples examples, TaskConfiguration task)
{
    /// <summary>The most documents that are read together; other tasks read fewer.</summary>
    internal const int Streams = 32;

    private const int MaxWorst = 20, MaxClasses = HeadConfiguration.MaxLabels;

    private readonly TaskTexts _texts = new(examples.Vocabulary);
    private readonly LabelDecoder _decoder = LabelDecoder.Create(runner.Head, runner.Backend);
    private IReadOnlyList<TaskBaseline>? _baselines;

    private HeadConfiguration Head => runner.Head.Configuration;

    private LabelSet Tags => examples.Tags;

    public TaskReport Run(long step, IProgress<ValidationProgress>? progress, CancellationToken cancellationToken) =>
        Run(examples.Validation, step, progress, cancellationToken) with { Baselines = _baselines ??= BaselinesOn(examples.Validation) };

    public TaskReport Run(IReadOnlyList<SentenceExample> sentences, long step, IProgress<ValidationProgress>? progress, CancellationToken cancellationToken)
    {
        long begin = Stopwatch.GetTimestamp();
        (int[] Ids, int[] Places)[] documents = [.. sentences.Select(sentence => _texts.OfWords(sentence.Words, Head))];
        int[][] predicted = new int[sentences.Count][];
        double[] losses = new double[sentences.Count];
        int done = 0;
        TaskRunner.InGroups([.. documents.Select(document => document.Ids)], Streams, group =>
        {
            cancellationToken.ThrowIfCancellationRequested();
            float[][] logits = runner.OfWords([.. group.Select(i => documents[i])]);
            int[][] labels = _decoder.Decode(logits);
            double[] own = _decoder.Losses(logits, [.. group.Select(i => sentences[i].Tags.Select(Tags.IdOf).ToArray())]);
            for (int i = 0; i < group.Length; i++)
            {
                (predicted[group[i]], losses[group[i]]) = (labels[i], own[i]);
            }

            done += group.Length;
            progress?.Report(new ValidationProgress(step, done, sentences.Count, WritesSample: false, Stopwatch.GetElapsedTime(begin)));
        });
        long words = sentences.Sum(sentence => (long)sentence.Words.Count);
        (IReadOnlyList<Metric> metrics, TaskDetails details) = Score(sentences, predicted);
        return new TaskReport
        {
            Step = step,
            Loss = losses.Sum() / Math.Max(1, words),
            Values = metrics,
            ChosenBy = TextMetrics.Choose(task.Metric, metrics),
            Examples = sentences.Count,
            Details = details with { Worst = [.. Worst(sentences, predicted, losses)] },
        };
    }

    /// <summary>What each word's most frequent label reaches.</summary>
    public IReadOnlyList<TaskBaseline> BaselinesOn(IReadOnlyList<SentenceExample> sentences)
    {
        if (examples.Train.Count == 0)
        {
            return [];
        }

        FrequentTag frequent = FrequentTag.Train(examples.Train, Tags);
        int[][] predicted = [.. sentences.Select(sentence => frequent.Predict(sentence.Words))];
        return [new TaskBaseline("most frequent label", Score(sentences, predicted).Metrics)];
    }

    private (IReadOnlyList<Metric> Metrics, TaskDetails Details) Score(IReadOnlyList<SentenceExample> sentences, int[][] predicted)
    {
        ConfusionMatrix? matrix = Tags.Count <= MaxClasses ? new ConfusionMatrix(Tags) : null;
        EntityScores? entities = Head.Scheme == TagScheme.Plain ? null : new EntityScores(Head.Scheme);
        long words = 0, right = 0;
        for (int i = 0; i < sentences.Count; i++)
        {
            for (int word = 0; word < predicted[i].Length; word++)
            {
                int gold = Tags.IdOf(sentences[i].Tags[word]);
                matrix?.Add(gold, predicted[i][word]);
                words++;
                right += gold == predicted[i][word] ? 1 : 0;
            }

            entities?.Add(sentences[i].Tags, Array.ConvertAll(predicted[i], tag => Tags[tag]));
        }

        Metric accuracy = new("accuracy", words == 0 ? 0 : (double)right / words, HigherIsBetter: true);
        TaskDetails details = matrix is null ? new TaskDetails() : TextMetrics.DetailsOf(matrix, Tags);
        return entities is null
            ? ([accuracy, .. matrix is null ? (Metric[])[] : [new("macro_f1", matrix.MacroF1, HigherIsBetter: true)]], details)
            : ([
                new("f1", entities.F1, HigherIsBetter: true),
                new("precision", entities.Precision, HigherIsBetter: true),
                new("recall", entities.Recall, HigherIsBetter: true),
                accuracy,
            ], details with { Labels = [.. entities.Types.Select(type => (type.Key, type.Value))] });
    }

    private IEnumerable<WorstExample> Worst(IReadOnlyList<SentenceExample> sentences, int[][] predicted, double[] losses)
    {
        foreach (int i in Enumerable.Range(0, sentences.Count).OrderByDescending(i => losses[i] / Math.Max(1, sentences[i].Words.Count)).Take(MaxWorst))
        {
            SentenceExample sentence = sentences[i];
            int[] wrong = [.. Enumerable.Range(0, sentence.Words.Count).Where(word => Tags[predicted[i][word]] != sentence.Tags[word])];
            if (wrong.Length > 0)
            {
                yield return new WorstExample(
                    WorstExample.Where(sentence.Place),
                    WorstExample.Shorten(string.Join(' ', sentence.Words)),
                    WorstExample.Shorten(string.Join(' ', wrong.Select(word => $"{sentence.Words[word]}/{sentence.Tags[word]}"))),
                    WorstExample.Shorten(string.Join(' ', wrong.Select(word => $"{sentence.Words[word]}/{Tags[predicted[i][word]]}"))),
                    losses[i] / sentence.Words.Count);
            }
        }
    }
}
