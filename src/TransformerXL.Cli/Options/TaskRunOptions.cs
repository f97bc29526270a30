using System.CommandLine;
using TransformerXL.Heads;
using TransformerXL.Labels;
using TransformerXL.Training.Examples;
using TransformerXL.Training.Tasks;

namespace TransformerXL.Cli.Options;

/// <summary>A task on examples and its recipe.</summary>
internal static class TaskRunOptions
{
    public const string Task = "--task", Format = "--format", FormatStandard = "by name and content";

    /// <summary>The formats of examples and their words.</summary>
    public static readonly (string Word, ExampleFormat Value)[] Formats =
    [
        ("csv", ExampleFormat.Csv), ("tsv", ExampleFormat.Tsv), ("jsonl", ExampleFormat.JsonLines), ("folders", ExampleFormat.Folders), ("conll", ExampleFormat.Conll), ("squad", ExampleFormat.Squad), ("glue", ExampleFormat.Glue),
    ];

    private static readonly TaskConfiguration Standard = new();

    public static IEnumerable<RunOption> All() => [.. OfTask(), .. OfExamples()];

    private static IEnumerable<RunOption> OfTask()
    {
        MemberOptions task = new("task");
        yield return Named(
            Task, "Learn from examples", "task.kind",
            [("classify", nameof(TaskKind.Classify)), ("label", nameof(TaskKind.Label)), ("answer", nameof(TaskKind.Answer))], "predict the next token");
        yield return task.Choice(
            "--pooling", "Pooling of a text's hidden states",
            [("mean", nameof(HeadPooling.Mean)), ("last", nameof(HeadPooling.Last)), ("max", nameof(HeadPooling.Max)), ("attention", nameof(HeadPooling.Attention)), ("first", nameof(HeadPooling.First))], "pooling");
        yield return task.Flag("--pooler", "Put a linear map and tanh after the pooling; always with --pooling first.", "pooler");
        yield return task.Whole<int>("--ngrams", "Longest n-grams of tokens of a linear model beside the head; 0 for none.", 0, HeadConfiguration.MaxNGrams, Standard.NGrams, "nGrams");
        yield return task.Whole<int>("--delay", "Tokens read before a label or an answer's end is predicted. [default: by the task]", 0, 1024, null, "delay");
        yield return task.Choice(
            "--align", "Token of a word at which its label is predicted",
            [("last", nameof(PieceAlignment.LastPiece)), ("first", nameof(PieceAlignment.FirstPiece))], "alignment");
        yield return task.Choice(
            "--label-layer", "How labels of words depend on each other",
            [("softmax", nameof(LabelLayer.Softmax)), ("crf", nameof(LabelLayer.Crf))], "labelLayer");
        yield return task.Whole<int>("--segments-with-gradient", "Segments of a text that the gradient goes through.", 1, 1 << 20, Standard.SegmentsWithGradient, "segmentsWithGradient");
        yield return task.Flag("--freeze", "Train the head alone and keep the model of --init as it is.", "freezesBody");
        yield return task.Real<double>("--layer-decay", "Factor of the learning rate for each layer away from the head.", "above 0 and at most 1", value => value is > 0 and <= 1, Standard.LayerDecay, "layerDecay");
        yield return task.Real<double>("--lm-weight", "Weight of the loss of next-token prediction beside that of the task.", "a number from 0 on", value => value >= 0, Standard.LanguageModelWeight, "languageModelWeight");
        yield return task.Flag("--balance", "Give rare labels more weight, in inverse proportion to their number.", "balancesLabels");
        yield return task.Share<double>("--label-smoothing", "Share of the target spread over all labels, below 1. [default: classify 0.1, label 0]", null, "labelSmoothing");
        yield return task.Text("--metric", "METRIC", "Metric that chooses the best weights, such as macro_f1. [default: by the task]", "metric", name => name);
    }

    private static IEnumerable<RunOption> OfExamples()
    {
        MemberOptions examples = new("task.examples");
        yield return Named(Format, "Format", "task.examples.format", [.. Formats.Select(format => (format.Word, format.Value.ToString()))], FormatStandard);
        yield return examples.Text("--text-column", "COLUMN", "Column or member with the text. [default: by its name]", "textColumn", name => name);
        yield return examples.Text("--second-column", "COLUMN", "Column or member with the second text of a pair. [default: by its name]", "secondTextColumn", name => name);
        yield return examples.Text("--label-column", "COLUMN", "Column or member with the label. [default: by its name]", "labelColumn", name => name);
        yield return examples.Text("--label-separator", "TEXT", "Separator of several labels in one field. [default: one label]", "labelSeparator", Escapes.Resolve);
        yield return Named(
            "--labels", "What the label column holds", "task.examples.labels",
            [("one", nameof(LabelKind.One)), ("several", nameof(LabelKind.Several)), ("number", nameof(LabelKind.Number))], "one label, several in a list");
        yield return examples.Whole<int>("--word-column", "Column of the words in CoNLL files, from 1; -1 for the last. [default: 1]", -1, 1000, null, "wordColumn");
        yield return examples.Whole<int>("--tag-column", "Column of the labels in CoNLL files, from 1; -1 for the last. [default: the last]", -1, 1000, null, "tagColumn");
        yield return Named(
            "--scheme", "How labels of words mark spans", "task.examples.scheme",
            [("plain", nameof(TagScheme.Plain)), ("iob1", nameof(TagScheme.Iob1)), ("iob2", nameof(TagScheme.Iob2)), ("bioes", nameof(TagScheme.Bioes))], "by the labels");
    }

    /// <summary>One of several words, without a default.</summary>
    private static RunOption<string?> Named(string name, string description, string member, (string Word, string Value)[] values, string standard)
    {
        Option<string?> option = NewOption.Word(name, description, [.. values.Select(value => value.Word)], standard);
        return new RunOption<string?>(option, member, word => values.FirstOrDefault(value => value.Word == word).Value) { Show = value => MemberOptions.WordOf(values, value) };
    }
}
