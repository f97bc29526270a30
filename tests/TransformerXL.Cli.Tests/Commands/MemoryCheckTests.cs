using TransformerXL.Testing;
using TransformerXL.Training.Footprint;

namespace TransformerXL.Cli.Tests.Commands;

/// <summary>What needs more memory than there is does not begin.</summary>
public sealed class MemoryCheckTests(TrainedFixture trained) : IClassFixture<TrainedFixture>
{
    private const double Mebibyte = 1 << 20;

    [Fact]
    public async Task A_batch_that_does_not_fit_is_refused_with_the_sum_and_what_lowers_it()
    {
        using TemporaryFolder folder = new();
        using FakeTerminal terminal = new(memory: new MachineMemory(2048 * Mebibyte, 1500 * Mebibyte, false));
        string data = TinyRun.WriteText(folder);
        int code = await terminal.RunAsync("train", "--data", data, "--out", folder["run"], "--batch", "65536", "--layers", "4", "--model-size", "256");
        Assert.Equal(ExitCode.BadInput, code);
        Assert.All(
            (string[])["this training needs about", "GiB of memory (values of a step", "weights, gradients and the optimizer", "but the machine has 2.00 GiB", "--batch or --target", "--no-memory-check"],
            text => Assert.Contains(text, terminal.Error, StringComparison.Ordinal));
        Assert.False(Directory.Exists(folder["run"]));
    }

    [Fact]
    public async Task Chunks_that_fit_are_offered()
    {
        using TemporaryFolder folder = new();
        using FakeTerminal terminal = new(memory: new MachineMemory(700 * Mebibyte, 700 * Mebibyte, true));
        string data = TinyRun.WriteText(folder);
        string[] arguments = ["train", "--data", data, "--out", folder["run"], "--batch", "64", "--layers", "4", "--model-size", "256", "--target", "128", "--memory", "128", "--steps", "1"];
        Assert.Equal(ExitCode.BadInput, await terminal.RunAsync(arguments));
        Assert.Matches("control group \\(container\\) allows 700\\.0 MiB\\. --batch-chunks [248] computes the same batch in parts and needs about [0-9.]+ MiB", terminal.Error);
    }

    [Fact]
    public async Task Layers_that_are_computed_again_are_offered_if_no_chunks_fit()
    {
        using TemporaryFolder folder = new();
        using FakeTerminal terminal = new(memory: new MachineMemory(940 * Mebibyte, 940 * Mebibyte, true));
        string data = TinyRun.WriteText(folder);
        string[] arguments = ["train", "--data", data, "--out", folder["run"], "--batch", "1", "--layers", "24", "--model-size", "128", "--target", "1024", "--memory", "64", "--steps", "1", "--inner-size", "2048"];
        Assert.Equal(ExitCode.BadInput, await terminal.RunAsync(arguments));
        Assert.Matches("allows 940\\.0 MiB\\. --recompute keeps the values of one layer at a time, takes about a quarter longer and needs about [0-9.]+ MiB", terminal.Error);
    }

    [Theory]
    [InlineData("adam", true)]
    [InlineData("lamb", false)]
    public async Task Fewer_bits_for_weights_and_moments_are_offered_if_nothing_else_fits(string optimizer, bool offered)
    {
        using TemporaryFolder folder = new();
        using FakeTerminal terminal = new(memory: new MachineMemory(800 * Mebibyte, 800 * Mebibyte, true));
        string data = TinyRun.WriteText(folder);
        string[] arguments = ["train", "--data", data, "--out", folder["run"], "--batch", "1", "--layers", "12", "--model-size", "512", "--target", "16", "--memory", "16", "--steps", "1", "--optimizer", optimizer];
        Assert.Equal(ExitCode.BadInput, await terminal.RunAsync(arguments));
        Assert.Contains("allows 800.0 MiB. ", terminal.Error, StringComparison.Ordinal);
        Assert.True(offered == terminal.Error.Contains("--weights bf16 --moments fp8 keep weights and moments in fewer bits and need about ", StringComparison.Ordinal), terminal.Error);
    }

    [Theory]
    [InlineData(16, 1350, "--batch-chunks 2 --recompute --weights bf16 --moments fp8 together need about ")]
    [InlineData(16, 1500, "--recompute --weights bf16 --moments fp8 together need about ")]
    [InlineData(4, 1100, "--weights bf16 --moments fp8 keep weights and moments in fewer bits and need about ")]
    public async Task Options_that_fit_only_together_are_offered_together(int batch, int mebibytes, string advice)
    {
        using TemporaryFolder folder = new();
        using FakeTerminal terminal = new(memory: new MachineMemory(mebibytes * Mebibyte, mebibytes * Mebibyte, true));
        string data = TinyRun.WriteText(folder);
        string[] arguments = ["train", "--data", data, "--out", folder["run"], "--batch", $"{batch}", "--layers", "12", "--model-size", "512", "--target", "256", "--memory", "16", "--steps", "1", "--threads", "1"];
        Assert.Equal(ExitCode.BadInput, await terminal.RunAsync(arguments));
        Assert.Contains($"GiB. {advice}", terminal.Error, StringComparison.Ordinal);
    }

    /// <summary>An evaluation that learns is checked as a training is, but has other options.</summary>
    [Fact]
    public async Task Options_that_the_command_does_not_take_are_not_offered()
    {
        using FakeTerminal terminal = new(memory: new MachineMemory(50 * Mebibyte, 50 * Mebibyte, true));
        Assert.Equal(ExitCode.BadInput, await terminal.RunAsync("evaluate", trained.Run, "--dynamic", "adam"));
        Assert.Contains("allows 50.0 MiB. ", terminal.Error, StringComparison.Ordinal);
        Assert.All((string[])["--weights", "--recompute", "--batch-chunks", "--layers"], option => Assert.DoesNotContain(option, terminal.Error, StringComparison.Ordinal));
    }

    [Fact]
    public async Task All_processes_of_the_machine_are_counted()
    {
        using TemporaryFolder folder = new();
        string data = TinyRun.WriteText(folder);
        string[] arguments = ["train", "--data", data, "--out", folder["run"], "--batch", "4", "--batch-chunks", "4", "--layers", "4", "--model-size", "256", "--target", "128", "--memory", "128", "--steps", "1", "--validate-every", "0"];
        using FakeTerminal alone = new(memory: new MachineMemory(400 * Mebibyte, 400 * Mebibyte, false));
        Assert.Equal(ExitCode.Ok, await alone.RunAsync(arguments));
        using FakeTerminal together = new(memory: new MachineMemory(400 * Mebibyte, 400 * Mebibyte, false), variables: new() { ["OMPI_COMM_WORLD_LOCAL_SIZE"] = "8" });
        Assert.Equal(ExitCode.BadInput, await together.RunAsync([.. arguments, "--force"]));
        Assert.Matches("needs about [0-9.]+ MiB of memory in each of 8 processes here \\(.*\\), [0-9.]+ [MG]iB in all, but the machine has 400\\.0 MiB", together.Error);
    }

    [Fact]
    public async Task All_segments_that_a_step_of_a_task_keeps_are_counted()
    {
        using TemporaryFolder folder = new();
        using FakeTerminal terminal = new(memory: new MachineMemory(900 * Mebibyte, 900 * Mebibyte, false));
        string texts = folder.Write("train.jsonl", string.Concat(Enumerable.Range(0, 16).Select(i => $$"""{"text":"{{new string('a', i == 0 ? 10 : 3000)}}","label":"{{i % 2}}"}""" + "\n")));
        string[] arguments = ["train", "--task", "classify", "--train", texts, "--valid", texts, "--out", folder["run"], "--vocabulary", "bytes", "--batch", "16", "--layers", "4", "--model-size", "128", "--target", "128", "--memory", "128", "--steps", "1"];
        Assert.Equal(ExitCode.BadInput, await terminal.RunAsync(arguments));
        Assert.Matches("values of a step [0-9.]+ GiB.*machine has 900\\.0 MiB\\. --batch-chunks (2|4|8|16) computes the same batch in parts", terminal.Error);
        Assert.Equal(ExitCode.Ok, await terminal.RunAsync([.. arguments, "--target", "16", "--memory", "16", "--batch", "1", "--validate-every", "0"]));
    }

    [Fact]
    public async Task Who_knows_better_begins_all_the_same()
    {
        using TemporaryFolder folder = new();
        using FakeTerminal terminal = new(memory: new MachineMemory(Mebibyte, Mebibyte, false));
        string data = TinyRun.WriteText(folder);
        Assert.Equal(ExitCode.BadInput, await terminal.RunAsync(TinyRun.Train(data, folder["run"], 2)));
        Assert.Equal(ExitCode.Ok, await terminal.RunAsync(TinyRun.Train(data, folder["run"], 2, "--no-memory-check")));
    }

    [Fact]
    public async Task Near_the_limit_there_is_a_warning()
    {
        using TemporaryFolder folder = new();
        using FakeTerminal terminal = new(memory: new MachineMemory(1000 * Mebibyte, 20 * Mebibyte, false));
        string data = TinyRun.WriteText(folder);
        Assert.Equal(ExitCode.Ok, await terminal.RunAsync(TinyRun.Train(data, folder["run"], 2)));
        Assert.Single(terminal.Error.Split('\n'), line => line.StartsWith("txl: warning: this training needs about", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("evaluate", "this evaluation")]
    [InlineData("generate", "this generation")]
    [InlineData("train --resume", "this training")]
    public async Task Commands_that_read_a_run_are_checked(string command, string named)
    {
        using FakeTerminal terminal = new(memory: new MachineMemory(Mebibyte, Mebibyte, false));
        Assert.Equal(ExitCode.BadInput, await terminal.RunAsync([.. command.Split(' '), trained.Run]));
        Assert.Contains($"{named} needs about", terminal.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("train")]
    [InlineData("evaluate")]
    [InlineData("generate")]
    public async Task A_measurement_is_checked(string mode)
    {
        using FakeTerminal terminal = new(memory: new MachineMemory(100 * Mebibyte, 100 * Mebibyte, false));
        Assert.Equal(ExitCode.BadInput, await terminal.RunAsync("bench", mode, "--batch", "4096", "--seconds", "0.1"));
        Assert.Contains("but the machine has 100.0 MiB", terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Compared_models_are_checked_before_the_first_is_trained()
    {
        using TemporaryFolder folder = new();
        using FakeTerminal terminal = new(memory: new MachineMemory(60 * Mebibyte, 60 * Mebibyte, false));
        string data = TinyRun.WriteText(folder);
        Assert.Equal(ExitCode.BadInput, await terminal.RunAsync(["compare", "--data", data, "--out", folder["c"], .. TinyRun.Model]));
        Assert.Contains("needs about", terminal.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder["c/transformer-xl"]));
    }
}
