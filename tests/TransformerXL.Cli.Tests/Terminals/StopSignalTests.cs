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
}
