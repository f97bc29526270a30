using System.CommandLine;
using System.CommandLine.Parsing;
using TransformerXL.Training.Examples;

namespace TransformerXL.Cli.Options;

/// <summary>Columns of a file of examples that has others than those a run was trained on.</summary>
internal sealed class ExampleColumnOptions
{
    private const string FromTraining = "[default: from the run, or by its name]";

    private readonly Option<string?> _text = NewOption.Text("--text-column", "COLUMN", $"Column or member with the text. {FromTraining}");
    private readonly Option<string?> _second = NewOption.Text("--second-column", "COLUMN", $"Column or member with the second text of a pair. {FromTraining}");
    private readonly Option<int?> _word = NewOption.Whole("--word-column", "Column of the words in CoNLL files, from 1; -1 for the last. [default: from the run]", -1, 1000);
    private readonly Option<string?> _label = NewOption.Text("--label-column", "COLUMN", $"Column or member with the label. {FromTraining}");
    private readonly Option<int?> _tag = NewOption.Whole("--tag-column", "Column of the labels in CoNLL files, from 1; -1 for the last. [default: from the run]", -1, 1000);
    private readonly Option[] _options;

    /// <param name="hasLabels">Whether the labels are read too.</param>
    public ExampleColumnOptions(bool hasLabels) => _options = hasLabels ? [_text, _second, _label, _word, _tag] : [_text, _second, _word];

    public void AddTo(Command command)
    {
        foreach (Option option in _options)
        {
            command.Add(option);
        }
    }

    /// <summary>The first one that is given; null if there is none.</summary>
    public Option? Given(CommandResult result) => _options.FirstOrDefault(option => result.GetResult(option) is { Implicit: false });

    /// <summary>The columns that are given, beside those of the run.</summary>
    public ExampleOptions Read(ParseResult result, ExampleOptions ofRun) => ofRun with
    {
        TextColumn = result.GetValue(_text) ?? ofRun.TextColumn,
        SecondTextColumn = result.GetValue(_second) ?? ofRun.SecondTextColumn,
        WordColumn = result.GetValue(_word) ?? ofRun.WordColumn,
        LabelColumn = _options.Contains(_label) ? result.GetValue(_label) ?? ofRun.LabelColumn : ofRun.LabelColumn,
        TagColumn = _options.Contains(_tag) ? result.GetValue(_tag) ?? ofRun.TagColumn : ofRun.TagColumn,
    };
}
