using System.Globalization;

namespace TransformerXL;

/// <summary>Checks of values from outside; the message names the value and the rule.</summary>
internal static class Require
{
    public static void That(bool condition, string message)
    {
        if (!condition)
        {
            throw new InputException(message);
        }
    }

    public static void Between(string name, long value, long least, long most) =>
        That(value >= least && value <= most, $"{name} is {value}, but must be from {least} to {most}");

    public static void Probability(string name, double value) =>
        That(value >= 0 && value < 1, $"{name} is {Text(value)}, but must be from 0 to below 1");

    public static void Positive(string name, double value) =>
        That(value > 0 && double.IsFinite(value), $"{name} is {Text(value)}, but must be above 0");

    public static void NotNegative(string name, double value) =>
        That(value >= 0 && double.IsFinite(value), $"{name} is {Text(value)}, but must not be negative");

    private static string Text(double value) => value.ToString(CultureInfo.InvariantCulture);
}
