using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace TransformerXL;

/// <summary>Checks of values from outside; the message names the value and the rule.</summary>
internal static class Require
{
    /// <param name="condition">The rule.</param>
    /// <param name="message">What to say if it is broken.</param>
    /// <param name="member">The property that breaks it, under its name in C#.</param>
    public static void That(bool condition, string message, string? member = null)
    {
        if (!condition)
        {
            throw new InputException(message) { Member = member is null ? null : MemberOf(member) };
        }
    }

    /// <param name="condition">The rule.</param>
    /// <param name="message">What to say if it is broken.</param>
    /// <param name="remedies">The settings whose change helps.</param>
    public static void That(bool condition, string message, InputRemedy[] remedies)
    {
        if (!condition)
        {
            throw new InputException(message) { Remedies = remedies };
        }
    }

    public static void Between(string name, long value, long min, long max, [CallerArgumentExpression(nameof(value))] string member = "") =>
        That(value >= min && value <= max, $"{name} is {value}, but must be from {min} to {max}", member);

    public static void Probability(string name, double value, [CallerArgumentExpression(nameof(value))] string member = "") =>
        That(value >= 0 && value < 1, $"{name} is {Text(value)}, but must be from 0 to below 1", member);

    public static void Positive(string name, double value, [CallerArgumentExpression(nameof(value))] string member = "") =>
        That(value > 0 && double.IsFinite(value), $"{name} is {Text(value)}, but must be above 0", member);

    public static void NotNegative(string name, double value, [CallerArgumentExpression(nameof(value))] string member = "") =>
        That(value >= 0 && double.IsFinite(value), $"{name} is {Text(value)}, but must not be negative", member);

    /// <summary>Refuses null where a value has to be.</summary>
    public static void Present(string name, object? value, [CallerArgumentExpression(nameof(value))] string member = "") =>
        That(value is not null, $"{name} is null, but must have a value", member);

    /// <summary>Refuses a list that is null or holds null.</summary>
    public static void Listed<T>(string name, IEnumerable<T>? values, [CallerArgumentExpression(nameof(values))] string member = "")
    {
        Present(name, values, member);
        That(values!.All(value => value is not null), $"{name} holds null, but every entry must have a value", member);
    }

    /// <summary>Rejects a number that is not a value of an enumeration.</summary>
    public static void Known<T>(string name, T value, [CallerArgumentExpression(nameof(value))] string member = "") where T : struct, Enum =>
        That(Enum.IsDefined(value), $"{name} is {value}, but must be one of {string.Join(", ", Enum.GetNames<T>())}", member);

    /// <summary>Refuses a path with a NUL character, which no system has a file for, and which the framework refuses as a fault of the program.</summary>
    public static void Path(string? path, [CallerArgumentExpression(nameof(path))] string member = "") =>
        That(path?.Contains('\0', StringComparison.Ordinal) != true, $"the path '{path}' holds a NUL character, which no path can", member);

    /// <summary>Checks a part of a configuration; what it refuses is then named as a member of that part.</summary>
    /// <param name="part">The part, as JSON names it.</param>
    /// <param name="validate">Its check.</param>
    public static void Within(string part, Action validate)
    {
        try
        {
            validate();
        }
        catch (InputException exception)
        {
            throw new InputException(exception.Message, exception) { Member = exception.Member is null ? part : $"{part}.{exception.Member}", Remedies = exception.Remedies };
        }
    }

    /// <summary>The member that an expression such as <c>resolved.InnerSize</c> or <c>Epsilon ?? 1</c> is about, as JSON names it.</summary>
    private static string MemberOf(string expression)
    {
        string path = expression.Split(' ', 2)[0];
        return JsonNamingPolicy.CamelCase.ConvertName(path[(path.LastIndexOf('.') + 1)..]);
    }

    private static string Text(double value) => value.ToString(CultureInfo.InvariantCulture);
}
