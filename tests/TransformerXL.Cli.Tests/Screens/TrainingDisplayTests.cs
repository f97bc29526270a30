using System.Text.Json;
using TransformerXL.Cli.Screens;

namespace TransformerXL.Cli.Tests.Screens;

public class TrainingDisplayTests
{
    [Fact]
    public void Plain_lines_become_seldom_as_time_goes_by()
    {
        ManualClock clock = new();
        using StringWriter writer = new();
        LineTrainingDisplay display = new(writer, "character", clock);
        for (int second = 0; second < 7200; second++)
        {
            display.Report(TrainingScreenTests.Step(second, 1));
            clock.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.InRange(writer.ToString().Split('\n').Length, 120, 400);
    }

    [Fact]
    public void The_last_step_always_gets_a_line()
    {
        using StringWriter writer = new();
        LineTrainingDisplay display = new(writer, "character", new ManualClock());
        display.Report(TrainingScreenTests.Step(1999, 1));
        display.Report(TrainingScreenTests.Step(2000, 1));
        Assert.Contains("step 2000/2000  loss 1.000  1.443 bits per character", writer.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Json_lines_can_be_read_back()
    {
        using StringWriter writer = new();
        JsonTrainingDisplay display = new(writer);
        display.Report(TrainingScreenTests.Step(10, 1.5));
        display.Report(TrainingScreenTests.Validation(10, 1.25, true, "line\n\"quoted\" \u001b ünï"));
        string[] lines = writer.ToString().TrimEnd('\n').Split('\n');
        Assert.Equal(2, lines.Length);
        using JsonDocument step = JsonDocument.Parse(lines[0]), validation = JsonDocument.Parse(lines[1]);
        Assert.Equal(1.5, step.RootElement.GetProperty("loss").GetDouble());
        Assert.Equal("line\n\"quoted\" \u001b ünï", validation.RootElement.GetProperty("sample").GetString());
    }

    [Fact]
    public async Task The_live_screen_overwrites_its_lines_and_shows_the_cursor_again()
    {
        using StringWriter writer = new();
        TrainingScreenState begin = new() { Model = "model", Text = "text", Unit = "character", Steps = 2000 };
        LiveTrainingDisplay display = new(FakeTerminal.Console(writer, isScreen: true), begin, TimeProvider.System);
        TaskCompletionSource training = new();
        Task shown = display.ShowAsync(training.Task, CancellationToken.None);
        display.Report(TrainingScreenTests.Step(2000, 1.5));
        training.SetResult();
        await shown;
        string screen = writer.ToString();
        Assert.StartsWith("\u001b[?25l", screen, StringComparison.Ordinal);
        Assert.EndsWith("\u001b[?25h", screen, StringComparison.Ordinal);
        Assert.Contains("step 2,000 of 2,000", screen, StringComparison.Ordinal);
        Assert.DoesNotContain("\u001b[2J", screen, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failed_training_leaves_the_cursor_visible_and_is_thrown_on()
    {
        using StringWriter writer = new();
        TrainingScreenState begin = new() { Model = "model", Text = "text", Unit = "character", Steps = 2000 };
        LiveTrainingDisplay display = new(FakeTerminal.Console(writer, isScreen: true), begin, TimeProvider.System);
        await Assert.ThrowsAsync<InvalidDataException>(() => display.ShowAsync(Task.FromException(new InvalidDataException()), CancellationToken.None));
        Assert.EndsWith("\u001b[?25h", writer.ToString(), StringComparison.Ordinal);
    }
}
