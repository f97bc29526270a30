using TransformerXL.Heads;
using TransformerXL.Inference.Ordering;
using TransformerXL.Labels;
using TransformerXL.Tensors;
using TransformerXL.Text;
using TransformerXL.Training.Corpora;
using TransformerXL.Training.Examples;

namespace TransformerXL.Training.Tasks;

/// <summary>Texts with labels or numbers.</summary>
internal sealed class ClassificationExamples : TaskExamples
{
    private long[]? _counts;

    public required LabelSet Labels { get; init; }

    public required IReadOnlyList<TextExample> Train { get; init; }

    public required IReadOnlyList<TextExample> Validation { get; init; }

    /// <summary>The file or folder of the validation examples; null without any.</summary>
    public required ExampleSource<TextExample>? ValidationSource { get; init; }

    public override int ValidationCount => Validation.Count;

    private protected override IEnumerable<Example> ValidationExamples => Validation;

    private protected override IEnumerable<string> ValidationTexts => Validation.SelectMany(TextsOf);

    internal override IReadOnlyList<long> LabelCounts => _counts ??= CountOf(Labels, Train.SelectMany(example => example.Labels));

    public static ClassificationExamples Load(TaskData.Parts<TextExample> parts, CorpusOptions files, TaskConfiguration task, Vocabulary? given, CancellationToken cancellationToken)
    {
        TextData data = TextData.Inspect(parts.Train, parts.Validation, parts.Test, null, cancellationToken);
        List<TextExample> train = [.. parts.LabelledTrain], validation = [.. parts.LabelledValidation];
        Vocabulary vocabulary = TaskData.VocabularyOf(files, given, train.SelectMany(TextsOf), cancellationToken);
        HeadConfiguration head = HeadFor(data, task, train);
        TaskTexts texts = new(vocabulary);
        return new ClassificationExamples
        {
            Vocabulary = vocabulary,
            Head = head,
            Name = parts.Train.Path,
            Summary = data.Summary,
            Labels = data.Labels,
            Train = train,
            Validation = validation,
            ValidationSource = parts.Validation,
            Documents = [.. train.Select(example => new TaskDocument(texts.OfText(example.Text, example.SecondText), TargetsOf(example, head, data.Labels)))],
            UnknownInTraining = texts.Unknown,
        };
    }

    /// <inheritdoc cref="TaskData.LoadForModel"/>
    public static ClassificationExamples ForModel(ExampleSource<TextExample> source, HeadConfiguration head, Vocabulary vocabulary, CancellationToken cancellationToken)
    {
        LabelSet labels = new(head.Labels);
        return new ClassificationExamples
        {
            Vocabulary = vocabulary,
            Head = head,
            Name = source.Path,
            Summary = DataSummary.None,
            Labels = labels,
            Train = [],
            Validation = TaskData.ReadForModel(source, Check, cancellationToken),
            ValidationSource = source,
        };

        void Check(TextExample example)
        {
            if (head.FaultOfPair(example.SecondText is not null) is { } fault)
            {
                throw example.Place.Fault(fault);
            }

            foreach (string label in example.Labels)
            {
                TaskData.RequireLabel(labels, label, example.Place);
            }
        }
    }

    internal override TaskReport Measure(TaskRunner runner, TaskConfiguration task, IProgress<ValidationProgress>? progress, CancellationToken cancellationToken) =>
        new ClassificationValidation(runner, this, task).Run(0, progress, cancellationToken);

    internal override TaskReport MeasureInOrder(TaskRunner runner, TaskConfiguration task, LabelOrder? order, IProgress<ValidationProgress>? progress, CancellationToken cancellationToken) =>
        Head.Kind == HeadKind.OneLabel
            ? new ClassificationValidation(runner, this, task).RunInOrder(order, progress, cancellationToken)
            : base.MeasureInOrder(runner, task, order, progress, cancellationToken);

    public override DocumentTask CreateTask(RunConfiguration configuration, Backend backend) => new ClassificationTask(configuration, this, backend);

    /// <summary>One label id; or for each label 0 or 1; or the bits of a scaled number.</summary>
    public static int[] TargetsOf(TextExample example, HeadConfiguration head, LabelSet labels) => head.Kind switch
    {
        HeadKind.OneLabel => [labels.IdOf(example.Labels[0])],
        HeadKind.SeveralLabels => [.. labels.Select(label => example.Labels.Contains(label) ? 1 : 0)],
        _ => [BitConverter.SingleToInt32Bits((float)((example.Number!.Value - head.NumberMean) / head.NumberScale))],
    };

    private static string[] TextsOf(TextExample example) => example.SecondText is { } second ? [example.Text, second] : [example.Text];

    private static HeadConfiguration HeadFor(TextData data, TaskConfiguration task, List<TextExample> train)
    {
        HeadConfiguration head = new() { Labels = [.. data.Labels], Pooling = task.Pooling, Pooler = task.Pooler, NGrams = task.NGrams, HasPairs = data.HasPairs };
        if (data.Kind != LabelKind.Number)
        {
            return head with { Kind = data.Kind == LabelKind.One ? HeadKind.OneLabel : HeadKind.SeveralLabels };
        }

        double mean = train.Average(example => example.Number!.Value);
        double deviation = Math.Sqrt(train.Average(example => Math.Pow(example.Number!.Value - mean, 2)));
        return head with { Kind = HeadKind.Number, NumberMean = mean, NumberScale = deviation > 0 ? deviation : 1 };
    }
}
