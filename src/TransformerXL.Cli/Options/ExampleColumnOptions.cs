using System.CommandLine;
using System.CommandLine.Parsing;
using TransformerXL.Heads;
using TransformerXL.Training.Examples;

namespace TransformerXL.Cli.Options;

/// <summary>Format and columns of a file of examples that has others than those a run was trained on.</summary>
internal sealed class ExampleColumnOptions
{
    private const string FromTraining = "[default: from the run, or by its name]";

    private readonly Option<string?> _text = NewOption.Text("--text-column", "COLUMN", $"Column or member with the text. {FromTraining}");
    private readonly Option<string?> _second = NewOption.Text("--second-column", "COLUMN", $"Column or member with the second text of a pair. {FromTraining}");
    private readonly Option<int?> _word = NewOption.Whole("--word-column", "Column of the words in CoNLL files, from 1; -1 for the last. [default: from the run]", -1, 1000);
    private readonly Option<string?> _label = NewOption.Text("--label-column", "COLUMN", $"Column or member with the label. {FromTraining}");
    private readonly Option<int?> _tag = NewOption.Whole("--tag-column", "Column of the labels in CoNLL files, from 1; -1 for the last. [default: from the run]", -1, 1000);
    private readonly Option<string?> _format = NewOption.Word(TaskRunOptions.Format, "Format", [.. TaskRunOptions.Formats.Select(format => format.Word)], TaskRunOptions.FormatStandard);
    private readonly Option[] _options;

    /// <param name="hasLabels">Whether the labels are read too.</param>
    public ExampleColumnOptions(bool hasLabels) => _options = hasLabels ? [_format, _text, _second, _label, _word, _tag] : [_text, _second, _word];

    public void AddTo(Command command)
    {
        foreach (Option option in _options)
        {
            command.Add(option);
        }
    }

    /// <summary>The first one that is given; null if there is none.</summary>
    public Option? Given(CommandResult result) => _options.FirstOrDefault(option => result.GetResult(option) is { Implicit: false });

    /// <summary>Refuses a given option that a model does not use.</summary>
    /// <exception cref="InputException">There is one.</exception>
    public void RequireFor(CommandResult result, string path, HeadKind kind)
    {
        bool isOfWords = kind == HeadKind.Tags, isOfTexts = !isOfWords && kind != HeadKind.Spans;
        (Option Option, bool IsUsed, string Predicts)[] uses =
        [
            (_text, isOfWords || isOfTexts, "labels"), (_second, isOfTexts, "labels or numbers of texts"), (_label, isOfWords || isOfTexts, "labels"),
            (_word, isOfWords, "labels of words"), (_tag, isOfWords, "labels of words"),
        ];
        foreach ((Option option, bool isUsed, string predicts) in uses)
        {
            TransformerXL.Require.That(
                isUsed || result.GetResult(option) is not { Implicit: false },
                $"{option.Name} is for models that predict {predicts}, but {path} predicts {TaskFolders.Words(kind)}");
        }
    }

    /// <summary>The columns that are given; the others as in the training, as far as the file has columns of that kind.</summary>
    /// <param name="result">The parsed command line.</param>
    /// <param name="ofRun">The columns of the run.</param>
    /// <param name="isNumbered">Whether the columns of the file have numbers, as in CoNLL files, rather than names.</param>
    public ExampleOptions Read(ParseResult result, ExampleOptions ofRun, bool isNumbered) => ofRun with
    {
        Format = ValueOf(_format, result) is { } word ? TaskRunOptions.Formats.First(format => format.Word == word).Value : ofRun.Format,
        TextColumn = result.GetValue(_text) ?? (isNumbered ? null : ofRun.TextColumn),
        SecondTextColumn = result.GetValue(_second) ?? (isNumbered ? null : ofRun.SecondTextColumn),
        WordColumn = result.GetValue(_word) ?? (isNumbered ? ofRun.WordColumn : null),
        LabelColumn = ValueOf(_label, result) ?? (isNumbered ? null : ofRun.LabelColumn),
        TagColumn = ValueOf(_tag, result) ?? (isNumbered ? ofRun.TagColumn : null),
    };

    private T? ValueOf<T>(Option<T> option, ParseResult result) => _options.Contains(option) ? result.GetValue(option) : default;
}
