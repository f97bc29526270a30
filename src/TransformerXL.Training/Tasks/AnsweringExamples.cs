using TransformerXL.Heads;
using TransformerXL.Tensors;
using TransformerXL.Text;
using TransformerXL.Training.Corpora;
using TransformerXL.Training.Examples;

namespace TransformerXL.Training.Tasks;

/// <summary>Questions about texts.</summary>
internal sealed class AnsweringExamples : TaskExamples
{
    /// <summary>Rows of the targets before the marks of the tokens: the first and the last token of the answer.</summary>
    public const int Ends = 2;

    public required IReadOnlyList<QuestionExample> Train { get; init; }

    public required IReadOnlyList<QuestionExample> Validation { get; init; }

    public override int ValidationCount => Validation.Count;

    private protected override IEnumerable<Example> ValidationExamples => Validation;

    private protected override IEnumerable<string> ValidationTexts => Texts(Validation);

    internal override IReadOnlyList<long> LabelCounts => [];

    public static AnsweringExamples Load(TaskData.Parts<QuestionExample> parts, CorpusOptions files, TaskConfiguration task, Vocabulary? given, CancellationToken cancellationToken)
    {
        QuestionData data = QuestionData.Inspect(parts.Train, parts.Validation, parts.Test, cancellationToken);
        List<QuestionExample> train = [.. parts.LabelledTrain], validation = [.. parts.LabelledValidation];
        Vocabulary vocabulary = TaskData.VocabularyOf(files, given, Texts(train), cancellationToken);
        HeadConfiguration head = new() { Kind = HeadKind.Spans, Delay = task.Delay, HasUnanswerable = data.HasUnanswerable };
        TaskTexts texts = new(vocabulary);
        return new AnsweringExamples
        {
            Vocabulary = vocabulary,
            Head = head,
            Name = parts.Train.Path,
            Summary = data.Summary,
            Train = train,
            Validation = validation,
            Documents = [.. train.Select(example => Document(example, texts, head))],
            UnknownInTraining = texts.Unknown,
        };
    }

    /// <inheritdoc cref="TaskData.LoadForModel"/>
    public static AnsweringExamples ForModel(ExampleSource<QuestionExample> source, HeadConfiguration head, Vocabulary vocabulary, CancellationToken cancellationToken) => new()
    {
        Vocabulary = vocabulary,
        Head = head,
        Name = source.Path,
        Summary = DataSummary.None,
        Train = [],
        Validation = TaskData.ReadForModel(source, _ => { }, cancellationToken),
    };

    internal override TaskReport Measure(TaskRunner runner, TaskConfiguration task, IProgress<ValidationProgress>? progress, CancellationToken cancellationToken) =>
        new AnsweringValidation(runner, this, task).Run(0, progress, cancellationToken);

    public override DocumentTask CreateTask(RunConfiguration configuration, Backend backend) => new AnsweringTask(configuration, this, backend);

    /// <summary>A text with several questions is learned from once.</summary>
    private static IEnumerable<string> Texts(IReadOnlyList<QuestionExample> examples)
    {
        string? before = null;
        foreach (QuestionExample example in examples)
        {
            if (example.Context != before)
            {
                yield return before = example.Context;
            }

            yield return example.Question;
        }
    }

    /// <summary>The tokens of the ends of the first answer, then for each token whether it may be one.</summary>
    private static TaskDocument Document(QuestionExample example, TaskTexts texts, HeadConfiguration head)
    {
        QuestionTokens tokens = texts.OfQuestion(example.Question, example.Context, head.Delay);
        int none = tokens.None + head.Delay;
        (int first, int last) = example.Answers is [var answer, ..] && tokens.Find(answer.Start, answer.End) is { } found ? found : (none, none);
        int[] allowed = tokens.Allowed(head.HasUnanswerable);
        allowed[first] = allowed[last] = 1;
        return new TaskDocument(tokens.Ids, [first, last, .. allowed]);
    }
}
