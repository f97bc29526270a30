using System.CommandLine;
using System.Globalization;
using TransformerXL.Training;

namespace TransformerXL.Cli.Options;

/// <summary>An option that is part of a run's configuration: it may be set for a new run, and must not contradict a stored one.</summary>
internal abstract class RunOption
{
    /// <summary>The option as the parser knows it.</summary>
    public abstract Option Option { get; }

    /// <summary>Whether a stored run may go on with another value.</summary>
    public bool MayChange { get; init; }

    /// <summary>The configuration with the value of the option, if it is given.</summary>
    public abstract RunConfiguration Apply(RunConfiguration configuration, ParseResult result);

    /// <summary>What the option says otherwise than the run that is to go on; null if nothing.</summary>
    public abstract string? Contradiction(RunConfiguration stored, ParseResult result);
}

/// <inheritdoc/>
internal sealed class RunOption<TOption, TValue>(
    Option<TOption> option,
    Func<TOption, TValue> read,
    Func<RunConfiguration, TValue> get,
    Func<RunConfiguration, TValue, RunConfiguration> set) : RunOption
{
    public override Option Option => option;

    public override RunConfiguration Apply(RunConfiguration configuration, ParseResult result) =>
        result.IsGiven(option) ? set(configuration, Value(result)) : configuration;

    public override string? Contradiction(RunConfiguration stored, ParseResult result)
    {
        if (!result.IsGiven(option))
        {
            return null;
        }

        TValue wanted = Value(result), present = get(stored);
        return EqualityComparer<TValue>.Default.Equals(wanted, present)
            ? null
            : string.Create(CultureInfo.InvariantCulture, $"{option.Name} is {wanted?.ToString() ?? "nothing"} here, but {present?.ToString() ?? "nothing"} in the run");
    }

    private TValue Value(ParseResult result) => read(result.GetValue(option)!);
}
