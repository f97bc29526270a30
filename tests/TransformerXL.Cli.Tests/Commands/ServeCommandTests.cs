namespace TransformerXL.Cli.Tests.Commands;

public sealed class ServeCommandTests(TrainedFixture fixture) : IClassFixture<TrainedFixture>
{
    [Fact]
    public async Task A_server_that_is_stopped_before_it_has_loaded_its_models_ends_with_0()
    {
        using FakeTerminal terminal = new();
        Assert.Equal(ExitCode.Ok, await terminal.RunAsync(new CancellationToken(canceled: true), "serve", fixture.Run, "--port", "0"));
    }

    [Theory]
    [InlineData("http://127.0.0.1:6379")]
    [InlineData("redis:/127.0.0.1")]
    [InlineData("redis:6379")]
    [InlineData("REDIS://127.0.0.1")]
    [InlineData("")]
    public async Task A_store_that_is_neither_a_folder_nor_a_Redis_is_refused(string place)
    {
        using FakeTerminal terminal = new();
        Assert.Equal(ExitCode.BadInput, await terminal.RunAsync("serve", fixture.Run, "--port", "0", "--session-store", place));
        Assert.Contains($"--session-store is '{place}', but must be a folder, redis://HOST:PORT or rediss://HOST:PORT", terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_without_a_folder_is_refused()
    {
        using FakeTerminal terminal = new();
        Assert.Equal(ExitCode.BadInput, await terminal.RunAsync("serve", "mine=", "--port", "0"));
        Assert.Contains("'mine=' names no folder after '='; write NAME=RUN", terminal.Error, StringComparison.Ordinal);
    }
}
