using TransformerXL.Testing;

namespace TransformerXL.Cli.Tests;

/// <summary>Two runs on a synthetic text.</summary>
public sealed class SyntheticFixture : IAsyncLifetime, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public string Run => _folder["run"];

    public string Other => _folder["other"];

    public async Task InitializeAsync()
    {
        string data = _folder["data"];
        await FakeTerminal.OutputOf("data", "synthetic", "nested", "--out", data, "--size", "5000", "--depth", "4", "--symbols", "3");
        await FakeTerminal.OutputOf(TinyRun.Train(data, Run, 20));
        await FakeTerminal.OutputOf(TinyRun.Train(data, Other, 2));
    }

    public Task DisposeAsync() => Task.CompletedTask;

    public void Dispose() => _folder.Dispose();
}
