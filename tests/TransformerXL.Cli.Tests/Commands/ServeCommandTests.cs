namespace TransformerXL.Cli.Tests.Commands;

public sealed class ServeCommandTests(TrainedFixture fixture) : IClassFixture<TrainedFixture>
{
    [Fact]
    public async Task A_server_that_is_stopped_before_it_has_loaded_its_models_ends_with_0()
    {
        using FakeTerminal terminal = new();
        Assert.Equal(ExitCode.Ok, await terminal.RunAsync(new CancellationToken(canceled: true), "serve", fixture.Run, "--port", "0"));
    }
}
