using System.CommandLine;
using System.CommandLine.Completions;
using System.Globalization;

namespace TransformerXL.Cli.Help;

/// <summary>
/// Answers a shell that completes a command line, by the directive <c>[suggest:POSITION]</c> and the line. The library would complete the value of the last
/// option alone, for ever if the option may be repeated, so that a word that begins with a dash is completed as an option here, and one after a flag as what the command reads.
/// </summary>
internal static class Completions
{
    /// <summary>Other spellings of --help that the library knows.</summary>
    private static readonly string[] s_hidden = ["-?", "/?", "/h"];

    /// <summary>Prints the words that fit, one a line.</summary>
    /// <param name="output">What the shell reads.</param>
    /// <param name="parsed">The parsed command line of the shell's question; its commands are used.</param>
    /// <param name="arguments">The directive and the line to complete.</param>
    public static void Write(TextWriter output, ParseResult parsed, IReadOnlyList<string> arguments)
    {
        string line = arguments.Count > 1 ? arguments[^1] : "";
        ReadOnlySpan<char> place = arguments[0].AsSpan(arguments[0].IndexOf(':', StringComparison.Ordinal) + 1).TrimEnd(']');
        string typed = int.TryParse(place, NumberStyles.None, CultureInfo.InvariantCulture, out int position) && position < line.Length ? line[..position] : line;
        ParseResult result = parsed.RootCommandResult.Command.Parse(typed);
        string word = typed[(typed.LastIndexOfAny([' ', '\t']) + 1)..];
        bool isOption = word.StartsWith('-'), isAfterFlag = !isOption && EndsWithFlag(result, typed[..^word.Length]);
        IEnumerable<CompletionItem> found = isOption || isAfterFlag
            ? result.CommandResult.Command.GetCompletions(result.GetCompletionContext())
            : result.GetCompletions(typed.Length);
        foreach (CompletionItem item in found.Where(item => !s_hidden.Contains(item.Label) && !(isAfterFlag && item.Label.StartsWith('-'))))
        {
            output.WriteLine(item.Label);
        }
    }

    /// <summary>Whether a line ends with an option that has no value.</summary>
    private static bool EndsWithFlag(ParseResult result, string line)
    {
        string last = line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries).LastOrDefault("");
        Command command = result.CommandResult.Command;
        return command.Options.Concat(result.RootCommandResult.Command.Options)
            .Any(option => (option.Name == last || option.Aliases.Contains(last)) && option.ValueType == typeof(bool));
    }
}
