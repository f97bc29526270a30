using System.Diagnostics;
using TransformerXL.Testing;

namespace TransformerXL.Cli.Tests.Processes;

/// <summary>Signals to the real program while it waits for a text that does not come.</summary>
public class SignalTests(TrainedFixture trained) : IClassFixture<TrainedFixture>
{
    [SkippableTheory]
    [InlineData("bench compress {pipe}")]
    [InlineData("serve {run} --port 0 --api-key-file {pipe}")]
    [InlineData("serve {run} --port 0 --kestrel {pipe}")]
    [InlineData("embed {run} {pipe} --out vectors.npy")]
    [InlineData("rescore {run} {pipe} --weight 1")]
    public async Task A_named_pipe_in_place_of_a_file_is_refused_at_once(string command)
    {
        Skip.If(OperatingSystem.IsWindows(), "named pipes are no files on Windows");
        using TemporaryFolder folder = new();
        string pipe = folder["pipe"];
        Assert.Equal(0, (await TxlProcess.ShellAsync($"mkfifo '{pipe}'")).Code);
        using FakeTerminal terminal = new();
        string[] words = [.. command.Split(' ').Select(word => word.Replace("{run}", trained.Run, StringComparison.Ordinal).Replace("{pipe}", pipe, StringComparison.Ordinal))];
        Assert.Equal(ExitCode.BadInput, await terminal.RunAsync(words).WaitAsync(TimeSpan.FromMinutes(1)));
        Assert.Contains("is a pipe, a socket or a terminal", terminal.Error, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task A_watch_reads_all_that_the_writer_of_a_pipe_has_written_before()
    {
        Skip.If(OperatingSystem.IsWindows(), "needs named pipes");
        using TemporaryFolder folder = new();
        string pipe = folder["pipe"];
        Assert.Equal(0, (await TxlProcess.ShellAsync($"mkfifo '{pipe}'")).Code);
        using Process writer = TxlProcess.Start($"seq 50 > '{pipe}'");
        using FakeTerminal terminal = new();
        Assert.Equal(ExitCode.Ok, await terminal.RunAsync("watch", trained.Run, pipe, "--threads", "1").WaitAsync(TimeSpan.FromMinutes(1)));
        Assert.Contains("50 lines read", terminal.Error, StringComparison.Ordinal);
        await writer.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(1));
    }

    [SkippableTheory]
    [InlineData("score {run} {pipe}", "INT")]
    [InlineData("score {run} {pipe}", "TERM")]
    [InlineData("generate {run} --prompt-file {pipe}", "HUP")]
    public async Task The_first_signal_ends_a_command_that_waits(string command, string signal)
    {
        Skip.If(OperatingSystem.IsWindows(), "needs signals and named pipes");
        using TemporaryFolder folder = new();
        string pipe = folder["pipe"];
        string line = command.Replace("{run}", $"'{trained.Run}'", StringComparison.Ordinal).Replace("{pipe}", $"'{pipe}'", StringComparison.Ordinal);
        Assert.Equal(0, (await TxlProcess.ShellAsync($"mkfifo '{pipe}'")).Code);
        using Process process = TxlProcess.Start($"txl() {{ exec dotnet '{Path.Combine(AppContext.BaseDirectory, "txl.dll")}' \"$@\"; }}; txl {line}");
        Task<string> error = process.StandardError.ReadToEndAsync();

        // Opening the pipe waits until the program reads it.
        using FileStream writer = await Task.Run(() => new FileStream(pipe, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0)).WaitAsync(TimeSpan.FromMinutes(1));
        Assert.Equal(0, (await TxlProcess.ShellAsync($"kill -{signal} {process.Id}")).Code);
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(1));
        Assert.True(process.ExitCode == ExitCode.Cancelled, $"exit code {process.ExitCode}: {await error}");
        Assert.Contains("txl: stopping; once more ends at once\n", await error, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Only_a_command_that_saves_says_that_a_second_signal_saves_nothing()
    {
        Skip.If(OperatingSystem.IsWindows(), "needs signals");
        using TemporaryFolder folder = new();
        string line = string.Join(' ', TinyRun.Train(trained.Data, folder["run"], 1_000_000).Select(word => $"'{word}'"));
        using Process process = TxlProcess.Start($"exec dotnet '{Path.Combine(AppContext.BaseDirectory, "txl.dll")}' {line}");
        Task<string> error = process.StandardError.ReadToEndAsync();
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        for (Stopwatch watch = Stopwatch.StartNew(); !File.Exists(folder["run/metrics.jsonl"]) && watch.Elapsed < TimeSpan.FromMinutes(1);)
        {
            await Task.Delay(20);
        }

        await Task.Delay(300);
        Assert.Equal(0, (await TxlProcess.ShellAsync($"kill -TERM {process.Id}")).Code);
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(1));
        Assert.True(process.ExitCode == ExitCode.Cancelled, $"exit code {process.ExitCode}: {await error} {await output}");
        Assert.Contains("txl: stopping; once more ends at once, and saves nothing\n", await error, StringComparison.Ordinal);
    }
}
