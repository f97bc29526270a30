using System.Globalization;
using TransformerXL.Files;

namespace TransformerXL.Training.Examples;

/// <summary>Where something is in a file of examples, for messages.</summary>
/// <param name="File">The path of the file.</param>
/// <param name="Line">The line, from 1; 0 for the whole file.</param>
/// <param name="Column">The column: its name in a table, its number from 1 elsewhere; null for the whole line.</param>
public readonly record struct ExamplePlace(string File, long Line, string? Column = null)
{
    /// <summary>Such as <c>'mails.csv', line 3, column label</c>.</summary>
    public override string ToString()
    {
        string line = Line > 0 ? string.Create(CultureInfo.InvariantCulture, $", line {Line}") : "";
        return Column is null ? $"'{File}'{line}" : $"'{File}'{line}, column {InputText.Show(Column)}";
    }

    /// <summary>The place in a column.</summary>
    internal ExamplePlace At(string? column) => this with { Column = column };

    /// <summary>The exception for something wrong at this place.</summary>
    internal InputException Fault(string message, Exception? cause = null) => cause is null ? new($"{this}: {message}") : new($"{this}: {message}", cause);

    /// <summary>The exception for something wrong at this place that a setting changes.</summary>
    internal InputException Fault(string message, string setting, string? value = null) => new($"{this}: {message}") { Remedies = [new(setting, value)] };

    /// <summary>Refuses what is wrong at this place.</summary>
    internal void Require(bool condition, string message)
    {
        if (!condition)
        {
            throw Fault(message);
        }
    }

    /// <summary>Refuses what is wrong at this place and can be changed by a setting.</summary>
    internal void Require(bool condition, string message, string setting, string? value = null)
    {
        if (!condition)
        {
            throw Fault(message, setting, value);
        }
    }
}
