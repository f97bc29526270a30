using TransformerXL.Interchange;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Testing;
using TransformerXL.Training;
using TransformerXL.Training.Corpora;
using Xunit;

namespace TransformerXL.Tests.Training;

/// <summary>Trainings that begin with the weights of another run.</summary>
public sealed class InitialWeightsTests
{
    [Fact]
    public async Task A_training_begins_with_the_weights_of_another_run_and_goes_on_after_a_kill()
    {
        using TemporaryFolder folder = new();
        using CpuBackend backend = new(threads: 1);
        using Corpus corpus = TinyRun.Corpus();
        RunConfiguration configuration = TinyRun.Configuration(corpus);
        await Trainer.Create(configuration, corpus, backend, folder["first"]).RunAsync();
        TrainedModel first = TrainedModel.Load(folder["first"]);
        RunConfiguration other = configuration with { Model = configuration.Model with { Dropout = 0.3f }, Training = configuration.Training with { Seed = 9, Steps = 8 } };
        Trainer second = Trainer.Create(other, corpus, backend, folder["whole"], initial: first);
        Assert.Equal(TinyRun.Weights(first.Model), TinyRun.Weights(second.Model));
        Trainer.Create(other, corpus, backend, folder["second"], initial: first);

        // The process ends here before it has taken a step.
        Trainer resumed = Trainer.Resume(folder["second"], corpus, backend);
        Assert.Equal(TinyRun.Weights(first.Model), TinyRun.Weights(resumed.Model));
        Assert.Equal(first.Run.Path, resumed.Configuration.Origin);
        await second.RunAsync();
        await resumed.RunAsync();
        Assert.Equal(TinyRun.Weights(second.Model), TinyRun.Weights(resumed.Model));
        Assert.NotEqual(TinyRun.Weights(first.Model), TinyRun.Weights(second.Model));
    }

    [Fact]
    public async Task A_model_of_another_architecture_is_refused_with_both_values()
    {
        using TemporaryFolder folder = new();
        using CpuBackend backend = new(threads: 1);
        using Corpus corpus = TinyRun.Corpus();
        RunConfiguration configuration = TinyRun.Configuration(corpus, steps: 6);
        await Trainer.Create(configuration, corpus, backend, folder["first"]).RunAsync();
        TrainedModel first = TrainedModel.Load(folder["first"]);
        RunConfiguration deeper = configuration with { Model = configuration.Model with { Layers = 3 } };
        string message = Assert.Throws<InputException>(() => Trainer.Create(deeper, corpus, backend, folder["second"], initial: first)).Message;
        Assert.Contains("layers 3 here, 2 there", message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder["second"]));
    }

    [Fact]
    public async Task A_text_of_another_vocabulary_is_refused()
    {
        using TemporaryFolder folder = new();
        using CpuBackend backend = new(threads: 1);
        using Corpus corpus = TinyRun.Corpus();
        await Trainer.Create(TinyRun.Configuration(corpus, steps: 6), corpus, backend, folder["first"]).RunAsync();
        TrainedModel first = TrainedModel.Load(folder["first"]);
        using Corpus other = Corpus.FromText(string.Concat(Enumerable.Repeat("qxyz ", 400)), new CorpusOptions { ValidationFraction = 0.1, TestFraction = 0.1 });
        RunConfiguration configuration = TinyRun.Configuration(other);
        Assert.Contains("another vocabulary", Assert.Throws<InputException>(() => Trainer.Create(configuration, other, backend, initial: first)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_imported_run_has_no_training_to_go_on_with()
    {
        using TemporaryFolder folder = new();
        using CpuBackend backend = new(threads: 1);
        using Corpus corpus = TinyRun.Corpus();
        Interchange.SmallRuns.Create(folder["run"], TinyRun.Configuration(corpus).Model, corpus.Vocabulary);
        ModelExporter.Export(TrainedModel.Load(folder["run"]), folder["exported"], ExportFormat.HuggingFace);
        ModelImporter.Import(folder["exported"], folder["imported"]);
        string message = Assert.Throws<InputException>(() => Trainer.Resume(folder["imported"], corpus, backend)).Message;
        Assert.All((string[])["no training to go on with", folder["exported"], "--init"], part => Assert.Contains(part, message, StringComparison.Ordinal));
        Trainer tuned = Trainer.Create(TinyRun.Configuration(corpus), corpus, backend, folder["tuned"], initial: TrainedModel.Load(folder["imported"]));
        Assert.Equal(TinyRun.Weights(TrainedModel.Load(folder["run"]).Model), TinyRun.Weights(tuned.Model));
    }
}
