using System.Collections;
using System.CommandLine;
using System.Globalization;

namespace TransformerXL.Cli.Help;

/// <summary>Writes the help of a command: usage, arguments, options in groups, an example.</summary>
/// <param name="writer">The output.</param>
/// <param name="width">Columns of the screen; null for unlimited, as for a file.</param>
internal sealed class HelpWriter(TextWriter writer, int? width)
{
    private const int MaxName = 26, MinText = 30, DeepIndent = 6;

    /// <summary>Writes the help.</summary>
    /// <param name="command">The command.</param>
    /// <param name="path">The command without <c>txl</c>, such as <c>data prepare</c>; empty for <c>txl</c> itself.</param>
    /// <param name="options">Its options and those that all commands have.</param>
    public void Write(Command command, string path, IReadOnlyList<Option> options)
    {
        HelpPage page = HelpPages.Of(path);
        foreach (string line in (command.Description ?? "").Split('\n'))
        {
            WriteWrapped(line.TrimEnd(), "");
        }

        Section("Usage", page.Usage.Select(usage => $"txl {usage}"));
        List<(string, string)> arguments = [.. command.Arguments.Select(argument => (argument.Name, argument.Description ?? ""))];
        List<(string, string)> commands = [.. command.Subcommands.Select(subcommand => (subcommand.Name, subcommand.Description ?? ""))];
        List<((OptionGroup Group, int Place) Entry, (string, string) Row)> rows = [.. options.Where(option => !option.Hidden)
            .Select(option => (Entry: OptionGroups.Of(path, option.Name) ?? (OptionGroup.General, 0), Row(option)))
            .OrderBy(row => row.Entry.Group).ThenBy(row => row.Entry.Place)];
        int names = arguments.Concat(commands).Concat(rows.Select(row => row.Row)).Select(row => row.Item1.Length).Where(length => length <= MaxName).DefaultIfEmpty(0).Max();
        Table("Arguments", arguments, names);
        Table("Commands", commands, names);
        foreach (var group in rows.GroupBy(row => row.Entry.Group))
        {
            Table(OptionGroups.Title(group.Key), [.. group.Select(row => row.Row)], names);
        }

        if (path.Length == 0)
        {
            Section("Exit codes", ExitCode.Help.Split('\n'));
        }

        Section(page.Examples.Count == 1 ? "Example" : "Examples", page.Examples.Select(example => $"txl {example}"));
    }

    private void Section(string title, IEnumerable<string> lines)
    {
        string[] all = [.. lines];
        if (all.Length > 0)
        {
            writer.WriteLine();
            writer.WriteLine($"{title}:");
            foreach (string line in all)
            {
                writer.WriteLine("  " + line);
            }
        }
    }

    private void Table(string title, List<(string Name, string Text)> rows, int names)
    {
        if (rows.Count == 0)
        {
            return;
        }

        writer.WriteLine();
        writer.WriteLine($"{title}:");
        foreach ((string name, string text) in rows)
        {
            string begin = "  " + name.PadRight(names) + "  ";
            if (width - 1 - begin.Length < MinText)
            {
                // There is no space after the name.
                writer.WriteLine("  " + name);
                begin = new string(' ', DeepIndent);
            }

            WriteWrapped(text, begin);
        }
    }

    private void WriteWrapped(string text, string begin)
    {
        int room = width is { } columns ? columns - 1 - begin.Length : int.MaxValue;
        string indent = new(' ', begin.Length);
        foreach (string line in Lines(text, room))
        {
            writer.WriteLine((begin + line).TrimEnd());
            begin = indent;
        }
    }

    private static IEnumerable<string> Lines(string text, int room)
    {
        string line = "";
        foreach (string word in text.Split(' '))
        {
            if (line.Length > 0 && line.Length + 1 + word.Length > room)
            {
                yield return line;
                line = "";
            }

            line = line.Length == 0 ? word : $"{line} {word}";
        }

        yield return line;
    }

    private static (string Name, string Text) Row(Option option)
    {
        bool isFlag = option.ValueType == typeof(bool);
        string names = string.Join(", ", option.Aliases.Where(alias => alias.Length > 2 || alias[0] == '-').Order(StringComparer.Ordinal).Append(option.Name));
        string value = isFlag || option.HelpName is not { } placeholder ? "" : option.Arity.MinimumNumberOfValues == 0 ? $" [<{placeholder}>]" : $" <{placeholder}>";
        return (names + value, option.Description + (isFlag ? "" : Default(option)));
    }

    private static string Default(Option option)
    {
        object? value = option.HasDefaultValue ? option.GetDefaultValue() : null;
        return value is null or ICollection { Count: 0 } || (option.Description ?? "").Contains("[default", StringComparison.Ordinal)
            ? ""
            : string.Create(CultureInfo.InvariantCulture, $" [default: {value}]");
    }
}
