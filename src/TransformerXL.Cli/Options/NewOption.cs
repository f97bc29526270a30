using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Numerics;

namespace TransformerXL.Cli.Options;

/// <summary>
/// Creates options whose help gives unit and default, and whose errors name the allowed values. An option may be repeated, as in a script that
/// appends options to a command line: the last value wins.
/// </summary>
internal static class NewOption
{
    /// <summary>The parser's limit for "any number".</summary>
    private const int MaxRepeats = 100_000;

    /// <summary>An option with one value that may be given several times.</summary>
    public static ArgumentArity Repeatable { get; } = new(1, MaxRepeats);

    /// <summary>The same, with an optional value.</summary>
    public static ArgumentArity RepeatableOptional { get; } = new(0, MaxRepeats);

    /// <summary>A whole number.</summary>
    /// <param name="name">Such as <c>--steps</c>.</param>
    /// <param name="description">The description, with the unit.</param>
    /// <param name="min">The minimum.</param>
    /// <param name="max">The maximum.</param>
    /// <param name="standard">The value when the option is not given; null if the description contains it.</param>
    public static Option<T?> Whole<T>(string name, string description, T min, T max, T? standard = null) where T : struct, IBinaryInteger<T>, IMinMaxValue<T>
    {
        string rule = max == T.MaxValue ? $"a whole number from {Text(min)} on" : $"a whole number from {Text(min)} to {Text(max)}";
        return Number(name, description, rule, value => value >= min && value <= max, NumberStyles.AllowLeadingSign, standard);
    }

    /// <summary>A number with a fraction.</summary>
    /// <param name="name">Such as <c>--dropout</c>.</param>
    /// <param name="description">The description, with the unit.</param>
    /// <param name="rule">The allowed values, in words that follow "must be".</param>
    /// <param name="allowed">Whether a value is allowed.</param>
    /// <param name="standard">The value when the option is not given; null if the description contains it.</param>
    public static Option<T?> Real<T>(string name, string description, string rule, Func<T, bool> allowed, T? standard = null) where T : struct, IFloatingPoint<T> =>
        Number(name, description, rule, value => T.IsFinite(value) && allowed(value), NumberStyles.Float, standard);

    /// <summary>One of several words.</summary>
    public static Option<string> Choice(string name, string description, IReadOnlyCollection<string> choices, string standard)
    {
        string words = string.Join(", ", choices);
        Option<string> option = new(name)
        {
            // Long lists mark the default in the list, which keeps the help to one line.
            Description = $"{description}: {(choices.Count > 7 ? string.Join(", ", choices.Select(choice => choice == standard ? $"{choice} [default]" : choice)) : words)}.",
            HelpName = "NAME",
            Arity = Repeatable,
            DefaultValueFactory = _ => standard,
            CustomParser = result =>
            {
                string text = result.Tokens[^1].Value.ToLowerInvariant();
                if (!choices.Contains(text))
                {
                    result.AddError($"{name} is '{result.Tokens[^1].Value}', but must be one of: {words}");
                }

                return text;
            },
        };
        option.CompletionSources.Add([.. choices]);
        return option;
    }

    /// <summary>One of several words, or none.</summary>
    /// <param name="name">The name of the option.</param>
    /// <param name="description">The help text, which the words follow.</param>
    /// <param name="words">The words.</param>
    /// <param name="standard">What happens without the option.</param>
    public static Option<string?> Word(string name, string description, IReadOnlyCollection<string> words, string standard)
    {
        string list = string.Join(", ", words);
        Option<string?> option = Text(name, "NAME", $"{description}: {list}. [default: {standard}]");
        option.CompletionSources.Add([.. words]);
        option.Validators.Add(result =>
        {
            if (result.GetValue(option) is { } given && !words.Contains(given))
            {
                result.AddError($"{name} is '{given}', but must be one of: {list}");
            }
        });
        return option;
    }

    /// <summary>A path or other text.</summary>
    public static Option<string?> Text(string name, string placeholder, string description, string? standard = null) => new(name)
    {
        Description = description,
        HelpName = placeholder,
        Arity = Repeatable,
        DefaultValueFactory = standard is null ? null : _ => standard,
        CustomParser = LastText,
    };

    /// <summary>The last value of an option; null if it has none.</summary>
    public static string? LastText(ArgumentResult result) => result.Tokens.Count == 0 ? null : result.Tokens[^1].Value;

    /// <summary>A switch.</summary>
    public static Option<bool> Flag(string name, string description) => new(name)
    {
        Description = description,
        Arity = RepeatableOptional,
        CustomParser = result => ParseFlag(result, name),
    };

    /// <summary>The value of an option that always has one.</summary>
    public static T Get<T>(this ParseResult result, Option<T?> option) where T : struct =>
        result.GetValue(option) ?? throw new InvalidOperationException($"{option.Name} has no default");

    /// <summary>Whether an option is on the command line.</summary>
    public static bool IsGiven(this ParseResult result, Option option) => result.GetResult(option) is { Implicit: false };

    private static Option<T?> Number<T>(string name, string description, string rule, Func<T, bool> allowed, NumberStyles styles, T? standard) where T : struct, INumber<T> => new(name)
    {
        Description = description,
        HelpName = "N",
        Arity = Repeatable,
        DefaultValueFactory = standard is null ? null : _ => standard,
        CustomParser = result => Parse(result, name, rule, allowed, styles),
    };

    private static bool ParseFlag(ArgumentResult result, string name)
    {
        if (LastText(result) is not { } text)
        {
            return true;
        }

        if (bool.TryParse(text, out bool on))
        {
            return on;
        }

        result.AddError($"{name} is '{text}', but must be true or false");
        return false;
    }

    private static T? Parse<T>(ArgumentResult result, string name, string rule, Func<T, bool> allowed, NumberStyles styles) where T : struct, INumber<T>
    {
        string text = result.Tokens[^1].Value;
        if (T.TryParse(text, styles, CultureInfo.InvariantCulture, out T value) && allowed(value))
        {
            return value;
        }

        // A number that the type cannot hold breaks no rule in words such as "from 0 on".
        bool isTooLarge = T.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value)
            ? T.IsPositiveInfinity(value)
            : BigInteger.TryParse(text, styles, CultureInfo.InvariantCulture, out BigInteger whole) && whole > 0;
        result.AddError(isTooLarge ? $"{name} is '{text}', which is too large; it must be {rule}" : $"{name} is '{text}', but must be {rule}");
        return null;
    }

    private static string Text<T>(T value) where T : struct, INumber<T> => value.ToString(null, CultureInfo.InvariantCulture);
}
