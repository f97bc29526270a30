using TransformerXL.Models;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Testing;
using TransformerXL.Training;
using TransformerXL.Training.Corpora;
using Xunit;

namespace TransformerXL.Tests.Training;

/// <summary>A configuration may claim any size; the weights beside it tell how large the model is before any of it is allocated.</summary>
public sealed class ClaimedSizeTests
{
    [Fact]
    public async Task A_model_of_hundreds_of_gigabytes_beside_small_weights_is_refused_with_both_sizes()
    {
        using Corpus corpus = TinyRun.Corpus();
        using CpuBackend backend = new(threads: 1);
        using TemporaryFolder folder = new();
        string run = folder["run"];
        RunConfiguration configuration = TinyRun.Configuration(corpus, 8);
        await Trainer.Create(configuration with { Training = configuration.Training with { KeepEvery = 4 } }, corpus, backend, run).RunAsync();
        RunConfiguration claimed = configuration with { Model = (TransformerXLConfiguration)configuration.Model with { Layers = 1000, ModelSize = 4096, HeadSize = 0, InnerSize = 0, EmbeddingSize = 0 } };
        RunFiles.Write(Path.Combine(run, "config.json"), claimed);
        AssertRefused(() => ModelFolder.Load(run));
        AssertRefused(() => ModelFolder.Load(run, "last"));
        AssertRefused(() => Trainer.Resume(run, corpus, backend));
        AssertRefused(() => CheckpointAverage.Write(run));
    }

    private static void AssertRefused(Action action)
    {
        string message = Assert.Throws<InputException>(action).Message;
        Assert.Contains("model.safetensors", message, StringComparison.Ordinal);
        Assert.Contains("but the model of its configuration has", message, StringComparison.Ordinal);
    }
}
