using TransformerXL.Testing;

namespace TransformerXL.Cli.Tests;

/// <summary>A run that several tests read.</summary>
public sealed class TrainedFixture : IAsyncLifetime, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public string Data { get; private set; } = "";

    public string Run => _folder["run"];

    public async Task InitializeAsync()
    {
        Data = TinyRun.WriteText(_folder);
        await FakeTerminal.OutputOf(TinyRun.Train(Data, Run, 30));
    }

    public Task DisposeAsync() => Task.CompletedTask;

    public void Dispose() => _folder.Dispose();
}
