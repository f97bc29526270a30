using System.Text;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace TransformerXL.Cli.Screens;

/// <summary>
/// Rewrites a block of lines in place. Each line is overwritten and only its rest is cleared, so that nothing flickers; the
/// cursor stands at the beginning of the line below, so that a key that the terminal echoes does not tear the block.
/// </summary>
internal sealed class LivePainter(IAnsiConsole console)
{
    private const string HideCursor = "\u001b[?25l", ShowCursor = "\u001b[?25h", ClearRestOfLine = "\u001b[K", ClearBelow = "\u001b[J";
    private int _lines;

    /// <summary>Draws the block anew, at most as many lines as the terminal has but one.</summary>
    public void Paint(IRenderable block)
    {
        string[] lines = [.. Ansi(block).TrimEnd('\n').Split('\n').Take(Math.Max(1, console.Profile.Height - 1))];
        StringBuilder output = new(_lines == 0 ? HideCursor : $"\r\u001b[{_lines}A");
        foreach (string line in lines)
        {
            output.Append(line.TrimEnd('\r', ' ')).Append(ClearRestOfLine).Append('\n');
        }

        output.Append(ClearBelow);
        _lines = lines.Length;
        Write(output.ToString());
    }

    /// <summary>Leaves the block as it is.</summary>
    public void End() => Write(ShowCursor);

    /// <summary>The block as text with the escape sequences that the terminal understands.</summary>
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
        copy.Write(block);
        return writer.ToString();
    }

    private void Write(string text)
    {
        console.Profile.Out.Writer.Write(text);
        console.Profile.Out.Writer.Flush();
    }
}
