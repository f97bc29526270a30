using System.Globalization;
using System.Numerics;
using System.Text.Json.Nodes;

namespace TransformerXL.Cli.Options;

/// <summary>Options for the members of one part of the configuration; if no default is given, the description contains it.</summary>
/// <param name="part">The path of the part, such as <c>training</c>.</param>
internal sealed class MemberOptions(string part)
{
    /// <summary>A whole number.</summary>
    public RunOption Whole<T>(string name, string description, T min, T max, T? standard, string member, bool mayChange = false) where T : struct, IBinaryInteger<T>, IMinMaxValue<T> =>
        new RunOption<T?>(NewOption.Whole(name, description, min, max, standard), Path(member), Number) { MayChange = mayChange };

    /// <summary>A number with a fraction.</summary>
    public RunOption Real<T>(string name, string description, string rule, Func<T, bool> allowed, T? standard, string member) where T : struct, IFloatingPoint<T> =>
        new RunOption<T?>(NewOption.Real(name, description, rule, allowed, standard), Path(member), Number);

    /// <summary>A number from 0 to below 1.</summary>
    public RunOption Share<T>(string name, string description, T? standard, string member) where T : struct, IFloatingPoint<T> =>
        Real(name, description, "from 0 to below 1", value => value >= T.Zero && value < T.One, standard, member);

    /// <summary>A switch.</summary>
    /// <param name="name">Such as <c>--pre-norm</c>.</param>
    /// <param name="description">The description.</param>
    /// <param name="member">The member.</param>
    /// <param name="negated">Whether the switch sets the member to false.</param>
    public RunOption Flag(string name, string description, string member, bool negated = false) =>
        new RunOption<bool>(NewOption.Flag(name, description), Path(member), on => on != negated)
        {
            Show = value => value is null ? RunOption.Nothing : value.GetValue<bool>() != negated ? "true" : "false",
        };

    /// <summary>One of several words, each with its value in files.</summary>
    /// <param name="name">Such as <c>--optimizer</c>.</param>
    /// <param name="description">The description.</param>
    /// <param name="values">The value of each word, the default first.</param>
    /// <param name="member">The member.</param>
    public RunOption Choice(string name, string description, IReadOnlyList<(string Word, string Value)> values, string member) =>
        new RunOption<string>(
            NewOption.Choice(name, description, [.. values.Select(value => value.Word)], values[0].Word),
            Path(member),
            word => values.First(value => value.Word == word).Value)
        {
            Show = value => WordOf(values, value),
        };

    /// <summary>A text.</summary>
    public RunOption Text(string name, string placeholder, string description, string member, Func<string, string> read) =>
        new RunOption<string?>(NewOption.Text(name, placeholder, description), Path(member), text => text is null ? null : read(text));

    /// <summary>The word that a user types for a value of a member.</summary>
    public static string WordOf(IReadOnlyList<(string Word, string Value)> values, JsonNode? value) =>
        values.FirstOrDefault(pair => pair.Value == value?.ToString()).Word ?? RunOption.Nothing;

    private string Path(string member) => $"{part}.{member}";

    // The shortest digits that represent the number, as in files.
    private static JsonNode? Number<T>(T? value) where T : struct, INumber<T> => JsonNode.Parse(value!.Value.ToString(null, CultureInfo.InvariantCulture));
}
