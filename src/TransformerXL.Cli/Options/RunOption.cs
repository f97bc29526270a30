using System.CommandLine;
using System.Text.Json.Nodes;
using TransformerXL.Training;
using TransformerXL.Training.Masking;
using TransformerXL.Training.Settings;

namespace TransformerXL.Cli.Options;

/// <summary>
/// An option that is part of a run's configuration: it writes a value to a member of <c>config.json</c>. It may be set for a new run, but must not
/// contradict a stored one.
/// </summary>
internal abstract class RunOption(string member)
{
    /// <summary>What messages say of a member without a value.</summary>
    public const string Nothing = "nothing";

    /// <summary>The parts of a configuration that a run may lack.</summary>
    private static readonly Dictionary<string, string> s_optional = new(StringComparer.Ordinal) { ["task"] = "task", ["head"] = "task", ["masking"] = "masked tokens" };

    /// <summary>The parser's option.</summary>
    public abstract Option Option { get; }

    /// <summary>The path of the member, such as <c>training.learningRate</c>.</summary>
    public string Member => member;

    /// <summary>Whether a stored run may be resumed with another value.</summary>
    public bool MayChange { get; init; }

    /// <summary>Converts a value of the member to the words of the option, for messages; null to show the JSON.</summary>
    public Func<JsonNode?, string>? Show { get; init; }

    /// <summary>Whether the option is given and sets its member.</summary>
    public abstract bool IsSet(ParseResult result);

    /// <summary>The value of the member, if the option is given.</summary>
    public abstract JsonNode? Value(ParseResult result);

    /// <summary>The contradiction between the option and the run to resume; null if there is none.</summary>
    public string? Contradiction(RunConfiguration stored, ParseResult result)
    {
        if (!IsSet(result))
        {
            return null;
        }

        RunConfiguration resolved = stored with { Model = stored.Model.Resolve() };
        if (resolved is { Masking: null, Task: null, Model.IsCausal: false })
        {
            resolved = resolved with { Masking = new MaskingOptions() };
        }

        string section = member.Split('.')[0];
        if (s_optional.TryGetValue(section, out string? what) && RunSettings.ValueOf(resolved, section) is null)
        {
            return $"{Option.Name} is {Words(Value(result))} here, but the run has no {what}";
        }

        JsonNode? present = RunSettings.ValueOf(resolved, member);
        JsonNode? wanted = RunSettings.ValueOf(RunSettings.With(resolved, member, Value(result)), member) ?? Value(result);
        return JsonNode.DeepEquals(wanted, present) ? null : $"{Option.Name} is {Words(wanted)} here, but {Words(present)} in the run";
    }

    /// <summary>A value of the member as the option takes it, for messages.</summary>
    public string Words(JsonNode? value) => Show is not null ? Show(value) : value switch
    {
        null or JsonArray { Count: 0 } => Nothing,
        JsonArray list => string.Join(',', list.Select(item => item?.ToJsonString())),
        _ => value.ToString(),
    };
}

/// <inheritdoc/>
/// <param name="option">The option.</param>
/// <param name="member">The path of its member.</param>
/// <param name="write">The value of the member for a value of the option.</param>
internal sealed class RunOption<T>(Option<T> option, string member, Func<T, JsonNode?> write) : RunOption(member)
{
    public override Option Option => option;

    /// <summary>Whether a value sets the member; null for every value.</summary>
    public Func<T, bool>? Sets { get; init; }

    public override bool IsSet(ParseResult result) => result.IsGiven(option) && (Sets is null || Sets(result.GetValue(option)!));

    public override JsonNode? Value(ParseResult result) => write(result.GetValue(option)!);
}
