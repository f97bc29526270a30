using Spectre.Console;
using TransformerXL.Cli.Screens;
using TransformerXL.Training;

namespace TransformerXL.Cli.Tests.Screens;

public class TrainingScreenTests
{
    private static readonly TrainingScreenState Begin = new()
    {
        Model = "3.47 million parameters, 4 layers of 256, segments of 128, memory of 128, batch 16",
        Text = "a text with a rather long name that does not fit into eighty columns of a narrow terminal window.txt",
        Unit = "character",
        Steps = 2000,
    };

    [Fact]
    public void All_figures_of_a_report_are_shown()
    {
        string screen = Draw(Begin.Apply(Step(640, 1.643)), 80);
        Assert.All(
            (string[])["step 640 of 2,000, epoch 2", "1.643 nats, 2.370 bits per character", "learning rate 2.10e-4", "gradient norm 0.31", "12,345 tokens/s", "98.7 GFLOP/s", "0:23 gone, 0:49 left", "none yet"],
            text => Assert.Contains(text, screen, StringComparison.Ordinal));
    }

    [Fact]
    public void A_validation_shows_its_loss_the_best_one_and_the_sample()
    {
        TrainingScreenState state = Begin.Apply(Step(500, 1.7)).Apply(Validation(500, 1.6, true, "first")).Apply(Validation(1000, 1.65, false, "To be, or\nnot to be"));
        string screen = Draw(state, 100);
        Assert.Contains("1.650 nats, 2.380 bits per character at step 1,000, best 1.600 at step 500", screen, StringComparison.Ordinal);
        Assert.Contains("what it writes at step 1,000", screen, StringComparison.Ordinal);
        Assert.Contains("  To be, or\n  not to be", screen, StringComparison.Ordinal);
        Assert.DoesNotContain("first", screen, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(40)]
    [InlineData(60)]
    [InlineData(80)]
    [InlineData(132)]
    [InlineData(300)]
    public void No_line_is_wider_than_the_terminal_and_none_wraps(int width)
    {
        TrainingScreenState state = Begin;
        for (int i = 1; i <= 300; i++)
        {
            state = state.Apply(Step(i, 5.0 / i));
        }

        state = state.Apply(Validation(300, 1.234, true, string.Concat(Enumerable.Repeat("a long line without an end ", 40))));
        string[] lines = Draw(state, width, 30).Split('\n');
        Assert.All(lines, line => Assert.True(line.Length <= width, $"{line.Length} columns: {line}"));
        Assert.True(lines.Length <= 30, $"{lines.Length} lines");
        Assert.Equal(1, lines.Count(line => line.StartsWith("rate", StringComparison.Ordinal)));
    }

    [Fact]
    public void The_height_does_not_change_from_report_to_report()
    {
        TrainingScreenState state = Begin.Apply(Step(10, 4)).Apply(Step(20, 3));
        int height = Draw(state, 80).Split('\n').Length;
        Assert.Equal(height, Draw(state.Apply(Step(30, 2)), 80).Split('\n').Length);
        Assert.Equal(height, Draw(state.Apply(Step(2000, 1.5)), 80).Split('\n').Length);
    }

    [Fact]
    public void Losses_are_thinned_out_and_keep_their_mean()
    {
        TrainingScreenState state = Begin;
        for (int i = 0; i < 10_000; i++)
        {
            state = state.Apply(Step(i + 1, i % 2));
        }

        Assert.InRange(state.Losses.Length, 50, 240);
        Assert.All(state.Losses, loss => Assert.Equal(0.5, loss, 1e-9));
    }

    [Fact]
    public void Control_characters_of_a_sample_cannot_move_the_cursor()
    {
        string screen = Draw(Begin.Apply(Step(1, 1)).Apply(Validation(1, 1, true, "a\u001b[2Jb\rc\u0007d")), 80);
        Assert.Contains("a·[2Jb·c·d", screen, StringComparison.Ordinal);
    }

    [Fact]
    public void A_validation_under_way_shows_its_share_and_its_time_counts()
    {
        ValidationProgress half = new(1000, 50, 100, WritesSample: false, TimeSpan.FromSeconds(20));
        TrainingScreenState state = Begin.Apply(Step(1000, 1.5)) with { Validating = half };
        string screen = Draw(state, 80);
        Assert.Contains("at step 1,000: 50 %, 0:20 left", screen, StringComparison.Ordinal);
        Assert.Contains("0:23 gone, 1:09 left", screen, StringComparison.Ordinal);
        Assert.Contains("writing a sample", Draw(state with { Validating = half with { Tokens = 100, WritesSample = true } }, 80), StringComparison.Ordinal);
        Assert.DoesNotContain("50 %", Draw(state.Apply(Validation(1000, 1.4, true, "")), 80), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(60)]
    [InlineData(80)]
    public void Nothing_is_cut_on_a_narrow_screen(int width)
    {
        string screen = Draw(Begin.Apply(Step(640, 1.643)).Apply(Validation(500, 1.6, true, "")).Apply(Validation(600, 1.7, false, "")), width);
        Assert.DoesNotContain("…", screen, StringComparison.Ordinal);
        string words = string.Join(' ', screen.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries));
        Assert.All(
            (string[])[Begin.Model, Begin.Text, "1.700 nats, 2.453 bits per character at step 600, best 1.600 at step 500", "12,345 tokens/s, 98.7 GFLOP/s"],
            text => Assert.Contains(text, words, StringComparison.Ordinal));
    }

    [Fact]
    public void Square_brackets_of_a_sample_are_no_markup()
    {
        Assert.Contains("[red]x[/]", Draw(Begin.Apply(Step(1, 1)).Apply(Validation(1, 1, true, "[red]x[/]")), 80), StringComparison.Ordinal);
    }

    [Fact]
    public void Tokens_of_more_than_a_character_are_measured_by_perplexity()
    {
        Assert.Contains("perplexity 20.09", Draw((Begin with { Unit = "word" }).Apply(Step(1, 3)), 80), StringComparison.Ordinal);
    }

    internal static StepReport Step(long step, double loss) => new()
    {
        Step = step,
        Steps = 2000,
        Epoch = 2,
        Loss = loss,
        LearningRate = 2.1e-4,
        TokensSeen = 1,
        GradientNorm = 0.31,
        TokensPerSecond = 12345,
        Gigaflops = 98.7,
        Elapsed = TimeSpan.FromSeconds(23),
        Remaining = TimeSpan.FromSeconds(49),
    };

    internal static ValidationReport Validation(long step, double loss, bool best, string sample) => new()
    {
        Step = step,
        Loss = loss,
        BitsPerCharacter = loss / Math.Log(2),
        Perplexity = Math.Exp(loss),
        IsBest = best,
        Sample = sample,
    };

    private static string Draw(TrainingScreenState state, int width, int height = 40)
    {
        using StringWriter writer = new();
        FakeTerminal.Console(writer, false, width, height).Write(TrainingScreen.Render(state, width, height));
        return string.Join('\n', writer.ToString().TrimEnd('\n').Split('\n').Select(line => line.TrimEnd()));
    }
}
