using TransformerXL.Testing;

namespace TransformerXL.Cli.Tests;

/// <summary><c>--quiet</c> leaves results and errors.</summary>
public class QuietTests(TrainedFixture trained) : IClassFixture<TrainedFixture>
{
    [Theory]
    [InlineData("generate {run} --tokens 5")]
    [InlineData("score {run} {text}")]
    [InlineData("evaluate {run}")]
    [InlineData("context {run} --most 16 --positions 8 --out {folder}/page.html")]
    [InlineData("attention {run} --tokens 20 --out {folder}/attention")]
    public async Task Nothing_but_the_result_is_written(string command)
    {
        using TemporaryFolder folder = new();
        using FakeTerminal terminal = new(isScreen: true);
        string[] words = [.. command.Split(' ').Select(word => word.Replace("{run}", trained.Run, StringComparison.Ordinal).Replace("{text}", trained.Data, StringComparison.Ordinal).Replace("{folder}", folder.Path, StringComparison.Ordinal))];
        Assert.Equal(ExitCode.Ok, await terminal.RunAsync([.. words, "--quiet"]));
        Assert.Equal("", terminal.Error);
        Assert.NotEqual("", terminal.Out);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_training_tells_only_how_it_ended(bool isScreen)
    {
        using TemporaryFolder folder = new();
        using FakeTerminal terminal = new(isScreen, width: 300);
        Assert.Equal(ExitCode.Ok, await terminal.RunAsync(["--quiet", .. TinyRun.Train(trained.Data, folder["run"], 20)]));
        Assert.Matches("^Trained 20 steps in [0-9:]+, [0-9,]+ tokens; saved in [^\n]*\n$", terminal.Out);
        Assert.Equal("", terminal.Error);
    }

    [Fact]
    public async Task Hints_are_left_out()
    {
        using TemporaryFolder folder = new();
        string output = await FakeTerminal.OutputOf("data", "synthetic", "nested", "--out", folder["text"], "--size", "2000", "--quiet");
        Assert.Contains("nested is ready", output, StringComparison.Ordinal);
        Assert.DoesNotContain("txl train", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Errors_stay()
    {
        using FakeTerminal terminal = new();
        Assert.Equal(ExitCode.BadInput, await terminal.RunAsync("info", "nothing", "--quiet"));
        Assert.Contains("txl: there is no folder 'nothing'", terminal.Error, StringComparison.Ordinal);
    }
}
