using TransformerXL.Testing;

namespace TransformerXL.Cli.Tests.Terminals;

/// <summary>Output that nobody gets is no success.</summary>
public class LostOutputTests(TrainedFixture trained) : IClassFixture<TrainedFixture>
{
    public static TheoryData<string> Commands => new(
        "evaluate {run}", "evaluate {run} --json", "info {run}", "info {run} --json", "presets", "presets --json", "config schema", "data list", "data list --json",
        "score {run} {text}", "embed {run} {text}", "similar {run} {text} --to memory", "generate {run} --tokens 3", "generate {run} --tokens 3 --json", "context {run} --most 16 --positions 8", "attention {run} --tokens 20 --out {folder}/attention",
        "surprise {run} {text} --out {folder}/page.html", "report {run} --out {folder}/report.html", "export {run} --out {folder}/exported", "train --preset tiny --print-config",
        "data synthetic nested --out {folder}/text --size 2000", "bench matmul --seconds 0.1", "train --help", "--version");

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task A_full_disk_is_told_and_ends_with_1(string command)
    {
        using TemporaryFolder folder = new();
        using FakeTerminal terminal = new(output: new FailingStream(new IOException("No space left on device", 28)));
        Assert.Equal(ExitCode.BadInput, await terminal.RunAsync(Words(command, folder)));
        Assert.EndsWith("txl: standard output cannot be written: No space left on device", terminal.Error.TrimEnd(), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task A_reader_that_has_gone_is_not_told_and_ends_as_other_programs_do(string command)
    {
        using TemporaryFolder folder = new();
        using FakeTerminal terminal = new(output: new FailingStream(new IOException("Broken pipe", 32)));
        Assert.Equal(ExitCode.ReaderGone, await terminal.RunAsync(Words(command, folder)));
        Assert.DoesNotContain("standard output", terminal.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(32, ExitCode.Ok, "the reader of the output has ended; the training continues")]
    [InlineData(28, ExitCode.BadInput, "the training continues, and its lines are in metrics.jsonl")]
    public async Task A_training_goes_on_to_its_end_and_is_saved(int error, int expected, string hints)
    {
        using TemporaryFolder folder = new();
        using FakeTerminal terminal = new(output: new FailingStream(new IOException("it failed", error)));
        Assert.Equal(expected, await terminal.RunAsync(TinyRun.Train(trained.Data, folder["run"], 12)));
        Assert.Contains(hints, terminal.Error, StringComparison.Ordinal);
        Assert.Contains("step 12 of 12", await FakeTerminal.OutputOf("info", folder["run"]), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("classify", 32, ExitCode.Ok)]
    [InlineData("classify", 28, ExitCode.BadInput)]
    [InlineData("answer", 28, ExitCode.BadInput)]
    public async Task A_training_of_a_task_goes_on_from_its_first_line_of_output(string task, int error, int expected)
    {
        using TemporaryFolder folder = new();
        using FakeTerminal terminal = new(output: new FailingStream(new IOException("it failed", error)));
        Assert.Equal(expected, await terminal.RunAsync(TinyRun.TrainTask(task, TinyRun.WriteExamples(folder, task), folder["run"], 10)));
        Assert.Contains("the training continues", terminal.Error, StringComparison.Ordinal);
        Assert.Contains("step 10 of 10", await FakeTerminal.OutputOf("info", folder["run"]), StringComparison.Ordinal);
    }

    private string[] Words(string command, TemporaryFolder folder) =>
        [.. command.Split(' ').Select(word => word.Replace("{run}", trained.Run, StringComparison.Ordinal).Replace("{text}", trained.Data, StringComparison.Ordinal).Replace("{folder}", folder.Path, StringComparison.Ordinal))];

    private sealed class FailingStream(IOException failure) : MemoryStream
    {
        public override void Write(ReadOnlySpan<byte> buffer) => throw failure;
    }
}
