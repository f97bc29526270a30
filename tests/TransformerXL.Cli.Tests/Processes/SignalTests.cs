using System.Diagnostics;
using TransformerXL.Testing;

namespace TransformerXL.Cli.Tests.Processes;

/// <summary>Signals to the real program while it waits for a text that does not come.</summary>
public class SignalTests(TrainedFixture trained) : IClassFixture<TrainedFixture>
{
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
    }
}
