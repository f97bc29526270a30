using System.Text;
using System.Text.RegularExpressions;
using Spectre.Console;
using Spectre.Console.Rendering;
using TransformerXL.Cli.Terminals;

namespace TransformerXL.Cli.Screens;

/// <summary>
/// Rewrites a block of lines in place. Each line is overwritten and only its rest is cleared, to avoid flicker; the
/// cursor is left at the beginning of the line below, so that an echoed key does not damage the block.
/// </summary>
internal sealed partial class LivePainter(IAnsiConsole console)
{
    private const string HideCursor = "\u001b[?25l", ShowCursor = "\u001b[?25h", ClearRestOfLine = "\u001b[K", ClearBelow = "\u001b[J";
    private string[] _lines = [];
    private int _width;

    /// <summary>Redraws the block, with at most one line fewer than the terminal has.</summary>
    public void Paint(IRenderable block)
    {
        string[] lines = [.. Ansi(block).TrimEnd('\n').Split('\n').Take(Math.Max(1, console.Profile.Height - 1))];
        StringBuilder output = new(_lines.Length == 0 ? HideCursor : $"\r\u001b[{Rows(_lines)}A");
        if (console.Profile.Width != _width)
        {
            // The terminal has rewrapped the old lines, so the new ones would not cover them.
            output.Append(ClearBelow);
        }

        foreach (string line in lines)
        {
            output.Append(line.TrimEnd('\r', ' ')).Append(ClearRestOfLine).Append('\n');
        }

        output.Append(ClearBelow);
        (_lines, _width) = (lines, console.Profile.Width);
        Write(output.ToString());
    }

    /// <summary>The number of rows of lines at the current width of the terminal, which wraps long ones.</summary>
    private int Rows(string[] lines) => lines.Sum(line => Math.Max(1, (Columns(line) + console.Profile.Width - 1) / console.Profile.Width));

    private static int Columns(string line) => ScreenText.Columns(EscapeSequence().Replace(line, "").TrimEnd('\r', ' '));

    [GeneratedRegex("\u001b\\[[0-9;?]*[A-Za-z]")]
    private static partial Regex EscapeSequence();

    /// <summary>Ends the block and leaves it on the screen.</summary>
    public void End() => Write(ShowCursor);

    /// <summary>The block as text with the escape sequences that the terminal supports.</summary>
    private string Ansi(IRenderable block)
    {
        using StringWriter writer = new();
        IAnsiConsole copy = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.Yes,
            ColorSystem = (ColorSystemSupport)console.Profile.Capabilities.ColorSystem,
            Out = new AnsiConsoleOutput(writer),
            Interactive = InteractionSupport.No,
        });
        copy.Profile.Width = console.Profile.Width;
        copy.Profile.Capabilities.Unicode = console.Profile.Capabilities.Unicode;
        copy.Pipeline.Attach(new VisibleSegments());
        copy.Write(block);
        return writer.ToString();
    }

    private void Write(string text)
    {
        console.Profile.Out.Writer.Write(text);
        console.Profile.Out.Writer.Flush();
    }
}
