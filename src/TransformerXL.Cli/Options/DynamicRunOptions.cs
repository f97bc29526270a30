using System.CommandLine;
using System.CommandLine.Parsing;
using TransformerXL.Training.Dynamic;

namespace TransformerXL.Cli.Options;

/// <summary>Whether the weights follow the text that is read, and how.</summary>
internal sealed class DynamicRunOptions
{
    private const string Found = "[default: tuned, else customary]";
    private const long StandardStatisticsTokens = 500_000;

    private static readonly string[] s_rules = ["sgd", "rms", "adam"];

    private readonly Option<string?> _rule;
    private readonly Option<double?> _rate = NewOption.Real<double>("--lr", $"Learning rate of each step. {Found}", "from 0 on", value => value >= 0);
    private readonly Option<double?> _decay = NewOption.Real<double>("--decay", $"Part of the way back to the trained weights, per step. {Found}", "from 0 to 1", value => value is >= 0 and <= 1);
    private readonly Option<double?> _epsilon = NewOption.Real<double>("--epsilon", $"Added to divisors; with rms a part of their mean. {Found}", "above 0", value => value > 0);
    private readonly Option<bool> _tune = NewOption.Flag("--tune", "Find learning rate, decay and epsilon on the validation text, and keep them in the run.");
    private readonly Option<long?> _tuneTokens = NewOption.Whole<long>("--tune-tokens", "Tokens of the validation text that --tune reads in each trial; 0 for all.", 0, long.MaxValue, 100_000);
    private readonly Option<long?> _statisticsTokens = NewOption.Whole<long>("--statistics-tokens", "Training tokens that the statistics of rms come from; 0 for all.", 0, long.MaxValue, StandardStatisticsTokens);
    private readonly bool _searches;

    private DynamicRunOptions(string name, string description, bool searches)
    {
        _searches = searches;
        _rule = new Option<string?>(name)
        {
            Description = $"{description}: {string.Join(", ", s_rules)}. [default rule: rms]",
            HelpName = "RULE",
            Arity = NewOption.RepeatableOptional,
            CustomParser = ParseRule,
        };
        _rule.CompletionSources.Add(s_rules);
    }

    /// <summary>Those of an evaluation, which can find values.</summary>
    public static DynamicRunOptions ForEvaluation() => new("--dynamic", "Let a copy of the weights learn while it reads", searches: true);

    /// <summary>Those of a command that reads with values that are known.</summary>
    /// <param name="description">What is learned from.</param>
    public static DynamicRunOptions ForReading(string description) => new("--adapt", description, searches: false);

    /// <summary>The option of the rule, without which the others are refused.</summary>
    public Option RuleOption => _rule;

    /// <summary>Adds all options.</summary>
    public void AddTo(Command command)
    {
        foreach (Option option in _searches ? (Option[])[_rule, _tune, _rate, _decay, _epsilon, _tuneTokens, _statisticsTokens] : [_rule, _rate, _decay, _epsilon])
        {
            command.Add(option);
        }

        command.Validators.Add(Validate);
    }

    /// <summary>The rule; null where the weights stay as they are.</summary>
    public DynamicRule? Rule(ParseResult result) => !result.IsGiven(_rule) ? null : result.GetValue(_rule) switch
    {
        "sgd" => DynamicRule.Sgd,
        "adam" => DynamicRule.Adam,
        _ => DynamicRule.Rms,
    };

    /// <summary>Whether a rule is asked for.</summary>
    public bool IsGiven(CommandResult result) => IsGiven(result, _rule);

    /// <summary>Whether the values are to be found.</summary>
    public bool Tunes(ParseResult result) => _searches && result.GetValue(_tune);

    /// <summary>Tokens of a trial.</summary>
    public long TuneTokens(ParseResult result) => result.Get(_tuneTokens);

    /// <summary>Tokens of the statistics.</summary>
    public long StatisticsTokens(ParseResult result) => _searches ? result.Get(_statisticsTokens) : StandardStatisticsTokens;

    /// <summary>Values that were found before, or the customary ones, with those that are given in their place.</summary>
    public DynamicOptions Values(ParseResult result, DynamicOptions standard) => standard with
    {
        LearningRate = result.GetValue(_rate) ?? standard.LearningRate,
        Decay = result.GetValue(_decay) ?? standard.Decay,
        Epsilon = result.GetValue(_epsilon) ?? standard.Epsilon,
    };

    /// <summary>A rule as the command line names it.</summary>
    public static string NameOf(DynamicRule rule) => s_rules[(int)rule];

    private void Validate(CommandResult result)
    {
        bool isDynamic = IsGiven(result, _rule);
        foreach (Option option in (Option[])[_tune, _rate, _decay, _epsilon, _tuneTokens, _statisticsTokens])
        {
            if (!isDynamic && IsGiven(result, option))
            {
                result.AddError($"{option.Name} is for {_rule.Name}, which is not given");
                return;
            }
        }

        foreach (Option option in (Option[])[_rate, _decay, _epsilon])
        {
            if (IsGiven(result, _tune) && IsGiven(result, option))
            {
                result.AddError($"--tune finds the value of {option.Name}; name one of the two");
                return;
            }
        }

        if (IsGiven(result, _tuneTokens) && !IsGiven(result, _tune))
        {
            result.AddError($"{_tuneTokens.Name} is for --tune, which is not given");
        }

        string? rule = result.GetResult(_rule)?.Tokens is [.., var last] ? last.Value.ToLowerInvariant() : s_rules[(int)DynamicRule.Rms];
        if (isDynamic && IsGiven(result, _epsilon) && rule == NameOf(DynamicRule.Sgd))
        {
            result.AddError($"--epsilon is for {_rule.Name} rms and adam; sgd divides by nothing");
        }

        if (isDynamic && IsGiven(result, _statisticsTokens) && rule != NameOf(DynamicRule.Rms))
        {
            result.AddError($"{_statisticsTokens.Name} is for {_rule.Name} rms; {rule} needs no statistics");
        }
    }

    private static bool IsGiven(CommandResult result, Option option) => result.GetResult(option) is { Implicit: false };

    private string? ParseRule(ArgumentResult result)
    {
        string? text = NewOption.LastText(result)?.ToLowerInvariant();
        if (text is not null && !s_rules.Contains(text))
        {
            result.AddError($"{_rule.Name} is '{NewOption.LastText(result)}', but must be one of: {string.Join(", ", s_rules)}");
        }

        return text;
    }
}
