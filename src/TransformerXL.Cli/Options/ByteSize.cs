using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace TransformerXL.Cli.Options;

/// <summary>Sizes such as <c>2GiB</c>, <c>500MB</c>, <c>4096</c>.</summary>
internal static class ByteSize
{
    private static readonly (string Unit, double Bytes)[] s_units =
        [("KiB", 1L << 10), ("MiB", 1L << 20), ("GiB", 1L << 30), ("TiB", 1L << 40), ("KB", 1e3), ("MB", 1e6), ("GB", 1e9), ("TB", 1e12), ("B", 1), ("", 1)];

    /// <summary>An option whose value is a size.</summary>
    /// <param name="name">Such as <c>--session-memory</c>.</param>
    /// <param name="description">The description.</param>
    /// <param name="min">The minimum.</param>
    /// <param name="max">The maximum.</param>
    /// <param name="standard">The value when the option is not given.</param>
    public static Option<long?> NewOption(string name, string description, long min, long max, long standard) => new(name)
    {
        Description = $"{description} [default: {Text(standard)}]",
        HelpName = "SIZE",
        Arity = Options.NewOption.Repeatable,
        DefaultValueFactory = _ => standard,
        CustomParser = result => Parse(result, name, min, max),
    };

    /// <summary>The bytes of a size; null if the text is not a size.</summary>
    public static long? Parse(string text)
    {
        foreach ((string unit, double bytes) in s_units)
        {
            if (text.EndsWith(unit, StringComparison.OrdinalIgnoreCase)
                && double.TryParse(text.AsSpan(0, text.Length - unit.Length).TrimEnd(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number))
            {
                double size = Math.Round(number * bytes);
                return size < long.MaxValue ? (long)size : null;
            }
        }

        return null;
    }

    /// <summary>A size in the largest unit that gives a whole number.</summary>
    public static string Text(long bytes)
    {
        (string unit, double size) = s_units.Take(4).LastOrDefault(unit => bytes > 0 && bytes % (long)unit.Bytes == 0);
        return unit is null ? bytes.ToString(CultureInfo.InvariantCulture) : string.Create(CultureInfo.InvariantCulture, $"{bytes / (long)size}{unit}");
    }

    private static long? Parse(ArgumentResult result, string name, long min, long max)
    {
        string text = result.Tokens[^1].Value;
        if (Parse(text) is { } size && size >= min && size <= max)
        {
            return size;
        }

        string rule = max == long.MaxValue ? $"from {Text(min)} on" : $"from {Text(min)} to {Text(max)}";
        result.AddError($"{name} is '{text}', but must be a size such as 512MiB or 2GiB, {rule}");
        return null;
    }
}
