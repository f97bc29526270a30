using System.Text.Json;
using TransformerXL.Testing;

namespace TransformerXL.Cli.Tests.Commands;

/// <summary>What a run without a validation or a test text is told, and the text as JSON.</summary>
public class FinishedRunTests(TrainedFixture trained) : IClassFixture<TrainedFixture>
{
    [Theory]
    [InlineData("0.05", "0.05", "")]
    [InlineData("0.05", "0", " --split valid")]
    [InlineData("0", "0", " --data FILE")]
    public async Task The_evaluation_that_is_proposed_has_a_text(string valid, string test, string more)
    {
        using TemporaryFolder folder = new();
        string run = folder["run"];
        string output = await FakeTerminal.OutputOf(TinyRun.Train(trained.Data, run, 1, "--valid-fraction", valid, "--test-fraction", test));
        Assert.Contains($"txl evaluate {run}{more}{Environment.NewLine}", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Weights_that_are_only_the_last_are_said_to_be()
    {
        using TemporaryFolder folder = new();
        string run = folder["run"];
        await FakeTerminal.OutputOf(TinyRun.Train(trained.Data, run, 2, "--valid-fraction", "0"));
        using FakeTerminal last = new(), named = new(), best = new();
        await last.RunAsync("generate", run, "--tokens", "1");
        await named.RunAsync("generate", run, "--tokens", "1", "--checkpoint", "last");
        await best.RunAsync("generate", trained.Run, "--tokens", "1");
        Assert.Contains($"no validation has chosen best weights in {run}; these are the last, of step 2", last.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("best weights", named.Error + best.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_text_as_JSON_tells_what_ended_it()
    {
        using JsonDocument plain = JsonDocument.Parse(await FakeTerminal.OutputOf("generate", trained.Run, "a", "--tokens", "40", "--seed", "3", "--json", "--threads", "1"));
        JsonElement root = plain.RootElement;
        string text = root.GetProperty("text").GetString()!;
        Assert.Equal((40, 40, 1, 3, "character", "tokens"), (text.Length, root.GetProperty("tokens").GetInt32(), root.GetProperty("prompt_tokens").GetInt32(), root.GetProperty("seed").GetInt32(), root.GetProperty("unit").GetString(), root.GetProperty("ended_by").GetString()));
        string stop = text[10..12];
        using JsonDocument stopped = JsonDocument.Parse(await FakeTerminal.OutputOf("generate", trained.Run, "a", "--tokens", "40", "--seed", "3", "--json", "--threads", "1", "--stop", stop));
        Assert.Equal(("stop", stop), (stopped.RootElement.GetProperty("ended_by").GetString(), stopped.RootElement.GetProperty("stop").GetString()));
        Assert.Equal(text[..text.IndexOf(stop, StringComparison.Ordinal)], stopped.RootElement.GetProperty("text").GetString());
    }

    [Fact]
    public async Task A_text_without_end_is_not_kept_for_JSON()
    {
        using FakeTerminal terminal = new();
        Assert.Equal(ExitCode.WrongUsage, await terminal.RunAsync("generate", trained.Run, "--tokens", "0", "--json"));
        Assert.Contains("--json prints the text when it has ended", terminal.Error, StringComparison.Ordinal);
    }
}
