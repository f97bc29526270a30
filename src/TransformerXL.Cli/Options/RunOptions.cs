using System.CommandLine;
using System.CommandLine.Parsing;
using TransformerXL.Training;
using TransformerXL.Training.Settings;
using TransformerXL.Training.Tasks;

namespace TransformerXL.Cli.Options;

/// <summary>The options of a run's configuration.</summary>
/// <param name="tasks">Whether the command also trains for tasks.</param>
internal sealed class RunOptions(bool tasks = false)
{
    private static readonly string[] s_places = ["corpus.path", "corpus.trainPath", "corpus.validationPath", "corpus.testPath"];

    private readonly RunOption[] _options = [.. tasks ? TaskRunOptions.All().Concat(MaskingRunOptions.All()) : [], .. CorpusRunOptions.All(), .. ModelRunOptions.All(), .. ContextRunOptions.All(), .. TrainingRunOptions.All(), .. OptimizerRunOptions.All(), .. ScheduleRunOptions.All()];

    public void AddTo(Command command)
    {
        foreach (RunOption option in _options)
        {
            command.Add(option.Option);
        }

        command.Validators.Add(result =>
        {
            if (IsGiven(result, "--bytes") && IsGiven(result, "--vocabulary"))
            {
                result.AddError("--bytes is short for --vocabulary bytes; name one of the two");
            }
        });
    }

    /// <summary>The given task; null for next-token prediction.</summary>
    public TaskKind? Task(ParseResult result) =>
        _options.FirstOrDefault(option => option.Option.Name == TaskRunOptions.Task) is { } task && task.IsSet(result) ? Enum.Parse<TaskKind>(task.Value(result)!.GetValue<string>()) : null;

    /// <summary>Whether a kind of token or a vocabulary is given.</summary>
    public bool NamesVocabulary(ParseResult result) => ((string[])["--vocabulary", "--bytes", "--vocabulary-file"]).Any(name => IsGiven(result.CommandResult, name));

    /// <summary>Whether a training text is given.</summary>
    public bool NamesText(SymbolResult result) => IsGiven(result, "--data") || IsGiven(result, "--train");

    private bool IsGiven(SymbolResult result, string name) =>
        result.GetResult(_options.First(option => option.Option.Name == name).Option) is { Implicit: false };

    /// <summary>A configuration with the options of the command line; a text given there replaces all texts of the configuration.</summary>
    public RunSettings Apply(RunSettings settings, ParseResult result)
    {
        RunSettings begin = NamesText(result.CommandResult) ? settings.WithoutText() : settings;
        return _options
            .Where(option => option.IsSet(result))
            .Aggregate(begin, (sum, option) => sum.Apply(new SettingOrigin(SettingOriginKind.Option, option.Option.Name), option.Member, option.Value(result)));
    }

    /// <summary>The configuration of a run with the options that may change when it is resumed.</summary>
    public RunConfiguration ApplyChanges(RunConfiguration stored, ParseResult result) =>
        _options.Where(option => option.MayChange && option.IsSet(result)).Aggregate(stored, (sum, option) => RunSettings.With(sum, option.Member, option.Value(result)));

    /// <summary>The configuration of a run on examples, with those of the command line as their new places; null if none is given. A place that the run does not name contradicts it.</summary>
    public RunConfiguration? WithExamplesMoved(RunConfiguration stored, ParseResult result)
    {
        RunOption[] moved = [.. _options.Where(option => s_places.Contains(option.Member) && option.IsSet(result) && RunSettings.ValueOf(stored, option.Member) is not null)];
        return moved.Length == 0 ? null : moved.Aggregate(stored, (sum, option) => RunSettings.With(sum, option.Member, option.Value(result)));
    }

    /// <summary>Rejects options that contradict the run to resume.</summary>
    /// <exception cref="InputException">One does; the message names all of them.</exception>
    public void RequireAgreement(RunConfiguration stored, ParseResult result, string path)
    {
        string[] contradictions = [.. _options.Where(option => !option.MayChange).Select(option => option.Contradiction(stored, result)).OfType<string>()];
        if (contradictions.Length > 0)
        {
            throw new InputException($"'{path}' continues as it was begun: {string.Join("; ", contradictions)}. Leave the option out, or train anew into another folder");
        }
    }
}
