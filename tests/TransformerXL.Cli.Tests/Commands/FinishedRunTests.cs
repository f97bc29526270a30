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
    public async Task Best_weights_are_evaluated_although_the_last_checkpoint_is_damaged()
    {
        using TemporaryFolder folder = new();
        string run = folder["run"];
        await FakeTerminal.OutputOf(TinyRun.Train(trained.Data, run, 10));
        string expected = await FakeTerminal.OutputOf("evaluate", run, "--checkpoint", "best", "--json", "--threads", "1");
        File.WriteAllText(Path.Combine(run, "checkpoints", "last", "state.json"), "");
        string again = await FakeTerminal.OutputOf("evaluate", run, "--checkpoint", "best", "--json", "--threads", "1");
        Assert.Equal(JsonDocument.Parse(expected).RootElement.GetProperty("loss").GetDouble(), JsonDocument.Parse(again).RootElement.GetProperty("loss").GetDouble());
    }

    [Theory]
    [InlineData("--task classify", "--task is classify here, but the run has no task")]
    [InlineData("--objective masked", "--objective is masked here, but the run has no masked tokens")]
    [InlineData("--pooling max", "--pooling is max here, but the run has no task")]
    [InlineData("--mask-rate 0.3", "--mask-rate is 0.3 here, but the run has no masked tokens")]
    public async Task Options_of_a_task_are_refused_for_a_run_without_one(string options, string message)
    {
        using TemporaryFolder folder = new();
        string run = folder["run"];
        await FakeTerminal.OutputOf(TinyRun.Train(trained.Data, run, 1));
        using FakeTerminal terminal = new();
        Assert.Equal(ExitCode.BadInput, await terminal.RunAsync(["train", "--resume", run, "--steps", "2", .. options.Split(' ')]));
        Assert.Contains(message, terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Other_commands_than_train_are_refused_in_several_processes()
    {
        using FakeTerminal terminal = new(variables: new() { ["OMPI_COMM_WORLD_SIZE"] = "2" }), one = new(variables: new() { ["OMPI_COMM_WORLD_SIZE"] = "1" }), help = new(variables: new() { ["OMPI_COMM_WORLD_SIZE"] = "2" });
        Assert.Equal(ExitCode.BadInput, await terminal.RunAsync("info", trained.Run));
        Assert.Contains("only 'txl train' divides its work among the processes that mpirun starts; start 'txl info' without mpirun", terminal.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Ok, await one.RunAsync("info", trained.Run));
        Assert.Equal(ExitCode.Ok, await help.RunAsync("info", "--help"));
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
