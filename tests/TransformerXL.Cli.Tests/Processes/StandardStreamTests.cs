using TransformerXL.Testing;

namespace TransformerXL.Cli.Tests.Processes;

/// <summary>Standard streams that are full, closed, or whose other end has gone, with the real program.</summary>
public class StandardStreamTests(TrainedFixture trained) : IClassFixture<TrainedFixture>
{
    private const string Reason = "needs /dev/full and a POSIX shell";

    [SkippableTheory]
    [InlineData("txl evaluate {run} > /dev/full", 1)]
    [InlineData("txl score {run} {text} > /dev/full", 1)]
    [InlineData("txl info {run} >&-", 1)]
    [InlineData("txl presets > /dev/full", 1)]
    [InlineData("txl train --help > /dev/full", 1)]
    [InlineData("txl info {run} 2>&- > /dev/null", 0)]
    [InlineData("txl generate {run} --tokens 2 2> /dev/full > /dev/null", 0)]
    [InlineData("txl info nothing 2> /dev/full", 1)]
    [InlineData("txl evaluate --nonsense 2>&-", 2)]
    [InlineData("txl info {run} > /dev/full 2> /dev/full", 1)]
    [InlineData("txl score {run} - <&-", 1)]
    [InlineData("txl generate {run} - <&-", 1)]
    public async Task Exit_codes_tell_whether_the_output_was_written(string line, int expected)
    {
        Skip.IfNot(File.Exists("/dev/full"), Reason);
        (int code, _, string error) = await TxlProcess.ShellAsync(Filled(line));
        Assert.True(code == expected, $"exit code {code} instead of {expected}: {error}");
    }

    [SkippableFact]
    public async Task Standard_input_that_is_a_folder_is_named()
    {
        Skip.IfNot(File.Exists("/dev/full"), Reason);
        string[] commands =
        [
            "score {run} -", "generate {run} -", "generate {run} --interactive", "surprisal {run} -", "attention {run} --text -", "embed {run} -", "similar {run} {text} --to -", "rescore {run} - --weight 1",
            "watch {run} -", "compress -", "decompress -",
        ];
        foreach (string command in commands)
        {
            (int code, _, string error) = await TxlProcess.ShellAsync(Filled($"txl {command} < /"));
            Assert.True(code == ExitCode.BadInput && error.Contains("txl: standard input is a folder, but must be a file or a pipe", StringComparison.Ordinal), $"{command}: {code}, {error}");
        }
    }

    [SkippableFact]
    public async Task A_text_without_end_stops_quietly_when_its_reader_has_seen_enough()
    {
        Skip.IfNot(File.Exists("/dev/full"), Reason);
        (_, string output, string error) = await TxlProcess.ShellAsync(Filled("{ txl generate {run} --tokens 0; echo \"code $?\" >&2; } | head -c 20"));
        Assert.Equal(20, output.Length);
        Assert.Equal("code 141", error.Trim());
    }

    [SkippableFact]
    public async Task A_training_whose_reader_has_gone_ends_as_it_was_asked_to()
    {
        Skip.IfNot(File.Exists("/dev/full"), Reason);
        using TemporaryFolder folder = new();
        string train = string.Join(' ', TinyRun.Train(trained.Data, folder["run"], 40, "--report-every", "1"));
        (_, _, string error) = await TxlProcess.ShellAsync($"{{ txl {train}; echo \"code $?\" >&2; }} | head -n 1");
        Assert.EndsWith("code 0", error.Trim(), StringComparison.Ordinal);
        Assert.Contains("step 40 of 40", await FakeTerminal.OutputOf("info", folder["run"]), StringComparison.Ordinal);
    }

    private string Filled(string line) => line.Replace("{run}", $"'{trained.Run}'", StringComparison.Ordinal).Replace("{text}", $"'{trained.Data}'", StringComparison.Ordinal);
}
