using Spectre.Console;
using TransformerXL.Cli.Screens;

namespace TransformerXL.Cli.Tests.Screens;

public class LivePainterTests
{
    [Theory]
    [InlineData(80, 3)]
    [InlineData(120, 3)]
    [InlineData(30, 6)]
    [InlineData(20, 8)]
    public void After_a_change_of_width_it_begins_where_the_terminal_has_moved_the_block(int width, int rows)
    {
        using StringWriter writer = new();
        IAnsiConsole console = FakeTerminal.Console(writer, isScreen: true, width: 80, height: 40);
        LivePainter painter = new(console);
        painter.Paint(new Rows(new Spectre.Console.Text(new string('a', 70)), new Spectre.Console.Text("b"), new Spectre.Console.Text(new string('c', 50))));
        console.Profile.Width = width;
        writer.GetStringBuilder().Clear();
        painter.Paint(new Spectre.Console.Text("new"));
        Assert.StartsWith($"\r\u001b[{rows}A", writer.ToString(), StringComparison.Ordinal);
        Assert.EndsWith("\u001b[J", writer.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void An_unchanged_width_clears_nothing_before_it_draws()
    {
        using StringWriter writer = new();
        LivePainter painter = new(FakeTerminal.Console(writer, isScreen: true));
        painter.Paint(new Spectre.Console.Text("one"));
        writer.GetStringBuilder().Clear();
        painter.Paint(new Spectre.Console.Text("two"));
        Assert.Equal("\r\u001b[1Atwo\u001b[K\n\u001b[J", writer.ToString());
    }
}
