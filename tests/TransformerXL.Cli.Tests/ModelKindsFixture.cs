using TransformerXL.Testing;

namespace TransformerXL.Cli.Tests;

/// <summary>An encoder and a classifier that several tests read.</summary>
public sealed class ModelKindsFixture : IAsyncLifetime, IDisposable
{
    /// <summary>The place of --sample, which an encoder does not have.</summary>
    private const int SampleOption = 9;

    private readonly TemporaryFolder _folder = new();

    public string Text { get; private set; } = "";

    public string Examples { get; private set; } = "";

    public string Encoder => _folder["encoder"];

    public string Classifier => _folder["classifier"];

    public async Task InitializeAsync()
    {
        Text = TinyRun.WriteText(_folder);
        Examples = TinyRun.WriteExamples(_folder, "classify");
        await FakeTerminal.OutputOf([.. TinyRun.Train(Text, Encoder, 4, "--model", "encoder").Where((_, i) => i is < SampleOption or > SampleOption + 1)]);
        await FakeTerminal.OutputOf(TinyRun.TrainTask("classify", Examples, Classifier, 10));
    }

    public Task DisposeAsync() => Task.CompletedTask;

    public void Dispose() => _folder.Dispose();
}
