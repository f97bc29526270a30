using System.Runtime.InteropServices;
using TransformerXL.Cli.Terminals;

namespace TransformerXL.Cli.Tests.Terminals;

public sealed class StopSignalTests
{
    [Fact]
    public async Task A_signal_before_there_is_a_terminal_stops_the_command_and_is_answered_when_there_is_one()
    {
        using FakeTerminal fake = new();
        using StopSignal stop = new();
        TaskCompletionSource stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
        stop.Token.Register(stopped.SetResult);
        PosixSignalContext signal = new(PosixSignal.SIGINT);
        stop.OnSignal(signal);
        Assert.True(signal.Cancel);
        await stopped.Task.WaitAsync(TimeSpan.FromMinutes(1));
        stop.Attach(fake.Terminal);
        stop.OnSignal(new PosixSignalContext(PosixSignal.SIGINT));
        Assert.Equal("txl: stopping; once more ends at once\n", fake.Error.ReplaceLineEndings("\n"));
    }

    [SkippableFact]
    public async Task Ctrl_C_in_mpirun_begins_with_SIGCONT_and_its_SIGTERM_is_no_second_request()
    {
        Skip.If(OperatingSystem.IsWindows(), "there is no SIGCONT on Windows");
        ManualClock clock = new();
        clock.Advance(TimeSpan.FromMinutes(1));
        using FakeTerminal fake = new(clock: clock);
        using StopSignal stop = new(byMpirun: true);
        stop.Attach(fake.Terminal);
        TaskCompletionSource stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
        stop.Token.Register(stopped.SetResult);
#pragma warning disable CA1416 // Skipped on Windows.
        stop.OnSignal(new PosixSignalContext(PosixSignal.SIGCONT));
#pragma warning restore CA1416
        await stopped.Task.WaitAsync(TimeSpan.FromMinutes(1));
        clock.Advance(TimeSpan.FromMinutes(1));
        // A second request would end the process of the tests.
        stop.OnSignal(new PosixSignalContext(PosixSignal.SIGTERM));
        Assert.Equal("txl: stopping; once more ends at once\n", fake.Error.ReplaceLineEndings("\n"));
    }

    [SkippableFact]
    public void SIGCONT_stops_nothing_without_mpirun()
    {
        Skip.If(OperatingSystem.IsWindows(), "there is no SIGCONT on Windows");
        using StopSignal stop = new();
#pragma warning disable CA1416 // Skipped on Windows.
        stop.OnSignal(new PosixSignalContext(PosixSignal.SIGCONT));
#pragma warning restore CA1416
        Assert.False(stop.Token.IsCancellationRequested);
    }
}
