using System.Text;
using TransformerXL.Cli.Screens;

namespace TransformerXL.Cli.Terminals;

/// <summary>Prints commands that a user can copy unchanged.</summary>
internal static class Hint
{
    private const string Indent = "  ";

    /// <summary>Writes a command of this program; nothing with <c>--quiet</c>.</summary>
    /// <param name="terminal">The output.</param>
    /// <param name="label">The purpose, padded to align several commands.</param>
    /// <param name="command">The command without the name of the program.</param>
    public static void Write(Terminal terminal, string label, string command)
    {
        if (terminal.IsQuiet)
        {
            return;
        }

        string line = $"{terminal.Program} {command}";
        int width = terminal.OutConsole.Profile.Width - 1;
        if (!terminal.OutIsScreen || ScreenText.Columns(label + line) <= width || OperatingSystem.IsWindows())
        {
            terminal.Out.Write($"{label}{line}{Environment.NewLine}");
            return;
        }

        if (label.Trim().Length > 0)
        {
            terminal.Out.Write(label.TrimEnd() + Environment.NewLine);
        }

        terminal.Out.Write(Break(line, width) + Environment.NewLine);
    }

    /// <summary>The command in several lines that end with a backslash.</summary>
    private static string Break(string command, int width)
    {
        StringBuilder text = new(Indent);
        int column = Indent.Length;
        foreach (string word in Words(command))
        {
            int columns = ScreenText.Columns(word);
            if (column > 2 * Indent.Length && column + columns + 3 > width)
            {
                text.Append('\\').Append(Environment.NewLine).Append(Indent).Append(Indent);
                column = 2 * Indent.Length;
            }

            text.Append(word).Append(' ');
            column += columns + 1;
        }

        return text.ToString().TrimEnd();
    }

    /// <summary>The words of a command as a shell splits them: not inside quotes.</summary>
    private static IEnumerable<string> Words(string command)
    {
        int begin = 0;
        bool quoted = false;
        for (int i = 0; i < command.Length; i++)
        {
            quoted ^= command[i] == '"';
            if (command[i] == ' ' && !quoted)
            {
                yield return command[begin..i];
                begin = i + 1;
            }
        }

        yield return command[begin..];
    }
}
