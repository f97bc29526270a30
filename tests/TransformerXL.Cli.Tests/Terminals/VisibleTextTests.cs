using TransformerXL.Cli.Terminals;
using TransformerXL.Testing;

namespace TransformerXL.Cli.Tests.Terminals;

/// <summary>What comes from outside cannot command a terminal.</summary>
public class VisibleTextTests
{
    private const string Evil = "a\u001b]0;title\u0007\u009b31mb\u202e";

    [Theory]
    [InlineData("plain\n\ttext\r\n", "plain\n\ttext\r\n")]
    [InlineData("a\rb\r", "a·b·")]
    [InlineData("\u001b[2J\u0000\u007f\u0085", "·[2J···")]
    [InlineData("\u202Eabc\u2066", "·abc·")]
    public void Control_characters_become_visible(string text, string expected) => Assert.Equal(expected, VisibleText.Of(text));

    [Fact]
    public async Task A_message_shows_the_control_characters_of_a_name()
    {
        using FakeTerminal terminal = new();
        Assert.Equal(ExitCode.BadInput, await terminal.RunAsync("info", Evil));
        Assert.Contains(@"a\u001b]0;title\u0007\u009b31mb\u202e", terminal.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(terminal.Error, symbol => char.IsControl(symbol) && symbol != '\n');
    }

    [Fact]
    public async Task Wrong_usage_shows_them_too()
    {
        using FakeTerminal terminal = new();
        Assert.Equal(ExitCode.WrongUsage, await terminal.RunAsync("evaluate", "run", "--" + Evil));
        Assert.DoesNotContain(terminal.Error, symbol => char.IsControl(symbol) && symbol != '\n');
    }

    [Fact]
    public async Task A_table_on_a_screen_shows_them()
    {
        using TemporaryFolder folder = new();
        string run = folder["a\u001b[31mrun"];
        await FakeTerminal.OutputOf(TinyRun.Train(TinyRun.WriteText(folder), run, 2));
        using FakeTerminal terminal = new(isScreen: true, width: 200);
        Assert.Equal(ExitCode.Ok, await terminal.RunAsync("info", run));
        Assert.Contains("a·[31mrun", terminal.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("\u001b[31m", terminal.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Generated_text_is_exact_in_a_pipe_and_harmless_on_a_screen()
    {
        using TemporaryFolder folder = new();
        string text = folder.Write("text.txt", string.Concat(Enumerable.Repeat("\u001b[31m", 2000)));
        await FakeTerminal.OutputOf(TinyRun.Train(text, folder["run"], 2));
        string[] generate = ["generate", folder["run"], "\u001b", "--tokens", "200", "--temperature", "3", "--seed", "1", "--threads", "1"];
        using FakeTerminal pipe = new(), screen = new(isScreen: true);
        await pipe.RunAsync(generate);
        await screen.RunAsync(generate);
        Assert.Contains('\u001b', pipe.Out);
        Assert.DoesNotContain('\u001b', screen.Out);
        Assert.Contains('·', screen.Out);
    }

    [Fact]
    public async Task A_very_long_message_is_cut()
    {
        using FakeTerminal terminal = new();
        await terminal.RunAsync("info", new string('x', 100_000));
        Assert.InRange(terminal.Error.Length, 1, 5000);
    }

    [Fact]
    public void Words_of_a_line_are_not_broken_on_a_screen()
    {
        using StringWriter inner = new();
        using VisibleWriter writer = new(inner, () => 20);
        writer.WriteLine("  a sentence that is much longer than the screen, /and/a/path/longer/than/it");
        string[] lines = inner.ToString().TrimEnd().Split('\n');
        Assert.Equal(["  a sentence that", "  is much longer", "  than the screen,", "  /and/a/path/longer/than/it"], lines.Select(line => line.TrimEnd('\r')));
    }
}
