using TransformerXL.Files;
using TransformerXL.Heads;
using TransformerXL.Labels;
using TransformerXL.Tensors;
using TransformerXL.Text;
using TransformerXL.Training.Corpora;
using TransformerXL.Training.Examples;

namespace TransformerXL.Training.Tasks;

/// <summary>Sentences with a label for each word.</summary>
internal sealed class LabellingExamples : TaskExamples
{
    private long[]? _counts;

    public required LabelSet Tags { get; init; }

    public required IReadOnlyList<SentenceExample> Train { get; init; }

    public required IReadOnlyList<SentenceExample> Validation { get; init; }

    public override int ValidationCount => Validation.Count;

    private protected override IEnumerable<Example> ValidationExamples => Validation;

    private protected override IEnumerable<string> ValidationTexts => Validation.Select(example => string.Join(' ', example.Words));

    internal override IReadOnlyList<long> LabelCounts => _counts ??= CountOf(Tags, Train.SelectMany(example => example.Tags));

    public static LabellingExamples Load(TaskData.Parts<SentenceExample> parts, CorpusOptions files, TaskConfiguration task, Vocabulary? given, CancellationToken cancellationToken)
    {
        string[] unlearned = Unlearned(parts, task, out LabelSet? known);
        SentenceData data = SentenceData.Inspect(parts.Train, parts.Validation, parts.Test, task.Examples?.Scheme, known, cancellationToken);
        List<SentenceExample> train = [.. parts.LabelledTrain], validation = [.. parts.LabelledValidation];
        Vocabulary vocabulary = TaskData.VocabularyOf(files, given, train.Select(example => string.Join(' ', example.Words)), cancellationToken);
        HeadConfiguration head = new()
        {
            Kind = HeadKind.Tags,
            Labels = [.. data.Tags],
            Delay = task.Delay,
            Alignment = task.Alignment,
            Scheme = data.Scheme,
            LabelLayer = task.LabelLayer,
            WholeWords = data.WholeWords,
        };
        TaskTexts texts = new(vocabulary);
        return new LabellingExamples
        {
            Vocabulary = vocabulary,
            Head = head,
            Name = parts.Train.Path,
            Summary = unlearned.Length == 0 ? data.Summary : data.Summary with { Warnings = [.. data.Summary.Warnings, new DataWarning(Warning(unlearned))] },
            Tags = data.Tags,
            Train = train,
            Validation = validation,
            Documents = [.. train.Select(example => Document(example, texts, head, data.Tags))],
            UnknownInTraining = texts.Unknown,
        };
    }

    /// <inheritdoc cref="TaskData.LoadForModel"/>
    public static LabellingExamples ForModel(ExampleSource<SentenceExample> source, HeadConfiguration head, Vocabulary vocabulary, CancellationToken cancellationToken)
    {
        LabelSet tags = new(head.Labels);
        return new LabellingExamples
        {
            Vocabulary = vocabulary,
            Head = head,
            Name = source.Path,
            Summary = DataSummary.None,
            Tags = tags,
            Train = [],
            Validation = TaskData.ReadForModel(source, Check, cancellationToken),
        };

        void Check(SentenceExample example)
        {
            example.RequireScheme(head.Scheme);
            for (int i = 0; i < example.Tags.Count; i++)
            {
                TaskData.RequireLabel(tags, example.Tags[i], example.PlaceOf(i));
            }
        }
    }

    internal override TaskReport Measure(TaskRunner runner, TaskConfiguration task, IProgress<ValidationProgress>? progress, CancellationToken cancellationToken) =>
        new LabellingValidation(runner, this, task).Run(0, progress, cancellationToken);

    public override DocumentTask CreateTask(RunConfiguration configuration, Backend backend) => new LabellingTask(configuration, this, backend);

    /// <summary>
    /// Labels that only validation or test have. Sets of parts of speech are open: a rare one may be missing in the training examples, and the model cannot learn it
    /// then. Labels of spans are few, and one that is missing is an error.
    /// </summary>
    private static string[] Unlearned(TaskData.Parts<SentenceExample> parts, TaskConfiguration task, out LabelSet? known)
    {
        HashSet<string> learned = [.. parts.LabelledTrain.SelectMany(example => example.Tags)];
        string[] others = [.. parts.LabelledValidation.Concat(parts.Test is null ? [] : parts.Test).SelectMany(example => example.Tags).Where(tag => !learned.Contains(tag)).Distinct().Order(StringComparer.Ordinal)];
        bool isPlain = (task.Examples?.Scheme ?? TagSchemes.Detect(learned.Concat(others))) == TagScheme.Plain;
        known = isPlain && others.Length > 0 && learned.Count > 0 ? LabelSet.Sorted(learned.Concat(others)) : null;
        return known is null ? [] : others;
    }

    private static string Warning(string[] unlearned) =>
        $"{Counted.Of(unlearned.Length, "label")} of the validation and test data {(unlearned.Length == 1 ? "occurs" : "occur")} in no training example, so that the model cannot learn {(unlearned.Length == 1 ? "it" : "them")}: {string.Join(", ", unlearned.Take(5))}{(unlearned.Length > 5 ? ", ..." : "")}";

    /// <summary>The label of each token at which one is predicted, and -1 at all others.</summary>
    private static TaskDocument Document(SentenceExample example, TaskTexts texts, HeadConfiguration head, LabelSet tags)
    {
        (int[] ids, int[] places) = texts.OfWords(example.Words, head);
        int[] targets = new int[ids.Length];
        Array.Fill(targets, -1);
        for (int word = 0; word < places.Length; word++)
        {
            targets[places[word]] = tags.IdOf(example.Tags[word]);
        }

        return new TaskDocument(ids, targets);
    }
}
