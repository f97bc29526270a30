using TransformerXL.Cli.Screens;
using TransformerXL.Cli.Terminals;

namespace TransformerXL.Cli.Tests.Terminals;

public class StatusLineTests
{
    [Fact]
    public void A_pipe_gets_a_line_now_and_then()
    {
        ManualClock clock = new();
        using FakeTerminal terminal = new(clock: clock);
        using (StatusLine line = new(terminal.Terminal))
        {
            for (int second = 0; second < 3600; second++)
            {
                line.Show($"second {second}");
                clock.Advance(TimeSpan.FromSeconds(1));
            }
        }

        string[] lines = terminal.Error.TrimEnd().Split('\n');
        Assert.Equal("txl: second 5", lines[0].TrimEnd());
        Assert.InRange(lines.Length, 60, 80);
        Assert.DoesNotContain('\u001b', terminal.Error);
    }

    [Fact]
    public void Short_work_leaves_a_pipe_alone()
    {
        ManualClock clock = new();
        using FakeTerminal terminal = new(clock: clock);
        using StatusLine line = new(terminal.Terminal);
        line.Show("begun");
        clock.Advance(TimeSpan.FromSeconds(4));
        line.Show("nearly done");
        Assert.Equal("", terminal.Error);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Quiet_shows_nothing(bool isScreen)
    {
        ManualClock clock = new();
        using FakeTerminal terminal = new(isScreen, clock: clock);
        terminal.Terminal.IsQuiet = true;
        using (StatusLine line = new(terminal.Terminal))
        {
            clock.Advance(TimeSpan.FromHours(1));
            line.Show("work");
        }

        Assert.Equal("", terminal.Error);
    }

    [Fact]
    public void The_time_left_follows_from_the_share_that_is_done()
    {
        ManualClock clock = new();
        using FakeTerminal terminal = new(isScreen: true, clock: clock);
        using StatusLine line = new(terminal.Terminal);
        WorkProgress progress = new(line);
        progress.Show("reading", 0, 100);
        clock.Advance(TimeSpan.FromSeconds(30));
        progress.Show("reading", 25, 100);
        Assert.EndsWith("reading: 25 %, 1:30 left", terminal.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, "embedding: 1 text")]
    [InlineData(2000, "embedding: 2,000 texts")]
    public void Work_of_unknown_size_counts_in_words(int done, string expected)
    {
        using FakeTerminal terminal = new(isScreen: true);
        using StatusLine line = new(terminal.Terminal);
        new WorkProgress(line).Show("embedding", done, 0, "text");
        Assert.EndsWith(expected, terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Other_work_has_a_time_of_its_own()
    {
        ManualClock clock = new();
        using FakeTerminal terminal = new(isScreen: true, clock: clock);
        using StatusLine line = new(terminal.Terminal);
        WorkProgress progress = new(line);
        progress.Show("reading", 0, 100);
        clock.Advance(TimeSpan.FromSeconds(300));
        progress.Show("encoding", 0, 100);
        clock.Advance(TimeSpan.FromSeconds(10));
        progress.Show("encoding", 50, 100);
        Assert.EndsWith("encoding: 50 %, 0:10 left", terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_narrow_screen_keeps_the_share_and_the_time_left()
    {
        using FakeTerminal terminal = new(isScreen: true, width: 40);
        using StatusLine line = new(terminal.Terminal);
        line.Show("evaluating: 43 %, 2.371 bits per character so far, 12,345 tokens/s, 0:12 left");
        Assert.EndsWith("evaluating: 43 %, 0:12 left", terminal.Error, StringComparison.Ordinal);
    }
}
