using TransformerXL.Interchange;
using TransformerXL.Models;
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
        ModelFolder first = ModelFolder.Load(folder["first"]);
        RunConfiguration other = configuration with { Model = configuration.Model with { Dropout = 0.3f }, Training = configuration.Training with { Seed = 9, Steps = 8 } };
        Trainer second = Trainer.Create(other, corpus, backend, folder["whole"], initial: first);
        Assert.Equal(TinyRun.Weights(first.Model), TinyRun.Weights(second.Model));
        Trainer.Create(other, corpus, backend, folder["second"], initial: first);

        // The process ends here before it has taken a step.
        Trainer resumed = Trainer.Resume(folder["second"], corpus, backend);
        Assert.Equal(TinyRun.Weights(first.Model), TinyRun.Weights(resumed.Model));
        Assert.Equal(first.Path, resumed.Configuration.Origin);
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
        ModelFolder first = ModelFolder.Load(folder["first"]);
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
        ModelFolder first = ModelFolder.Load(folder["first"]);
        using Corpus other = Corpus.FromText(string.Concat(Enumerable.Repeat("qxyz ", 400)), new CorpusOptions { ValidationFraction = 0.1, TestFraction = 0.1 });
        RunConfiguration configuration = TinyRun.Configuration(other);
        Assert.Contains("another vocabulary", Assert.Throws<InputException>(() => Trainer.Create(configuration, other, backend, initial: first)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_that_an_earlier_version_imported_is_used_and_begun_with_but_not_resumed()
    {
        using TemporaryFolder folder = new();
        using CpuBackend backend = new(threads: 1);
        using Corpus corpus = TinyRun.Corpus();
        RunConfiguration imported = TinyRun.Configuration(corpus) with { Training = new TrainingConfiguration(), Corpus = null, Origin = "/models/elsewhere" };
        LanguageModel model = LanguageModel.Create(imported.Model, seed: 9);
        RunDirectory run = RunDirectory.Create(folder["old"], imported, corpus.Vocabulary);
        Checkpoint.SaveWeights(run.BestCheckpoint, model, new TrainingState { Step = 0, Epoch = 1, NextSegment = 0, TokensSeen = 0, Seconds = 0, TrainingText = "" });
        ModelFolder old = ModelFolder.Load(folder["old"]);
        Assert.Equal(TinyRun.Weights(model), TinyRun.Weights(old.Model));
        Assert.Equal("/models/elsewhere", old.Configuration.Origin);
        string message = Assert.Throws<InputException>(() => Trainer.Resume(folder["old"], corpus, backend)).Message;
        Assert.All((string[])["no training to continue", "/models/elsewhere", "from its weights"], part => Assert.Contains(part, message, StringComparison.Ordinal));
        Assert.Equal(TinyRun.Weights(model), TinyRun.Weights(Trainer.Create(TinyRun.Configuration(corpus), corpus, backend, folder["tuned"], initial: old).Model));
    }

    [Fact]
    public void No_run_is_written_into_a_model_folder()
    {
        using TemporaryFolder folder = new();
        using CpuBackend backend = new(threads: 1);
        using Corpus corpus = TinyRun.Corpus();
        RunConfiguration configuration = TinyRun.Configuration(corpus);
        ModelFolder.Save(folder["model"], LanguageModel.Create(configuration.Model), corpus.Vocabulary, configuration.ForModelFolder());
        Assert.Contains("is a model folder", Assert.Throws<InputException>(() => Trainer.Create(configuration, corpus, backend, folder["model"], replace: true)).Message, StringComparison.Ordinal);
        Assert.Null(RunDirectory.Find(folder["model"]));
        Assert.Equal(corpus.Vocabulary.Fingerprint, ModelFolder.Load(folder["model"]).Vocabulary.Fingerprint);
    }

    [Fact]
    public void An_imported_model_has_no_training_to_go_on_with()
    {
        using TemporaryFolder folder = new();
        using CpuBackend backend = new(threads: 1);
        using Corpus corpus = TinyRun.Corpus();
        Interchange.SmallRuns.Create(folder["run"], TinyRun.Configuration(corpus).Model, corpus.Vocabulary);
        ModelExporter.Export(ModelFolder.Load(folder["run"]), folder["exported"], ExportFormat.HuggingFace);
        ModelImporter.Import(folder["exported"], folder["imported"]);
        string message = Assert.Throws<InputException>(() => Trainer.Resume(folder["imported"], corpus, backend)).Message;
        Assert.All((string[])["no training to continue", folder["exported"], "from its weights"], part => Assert.Contains(part, message, StringComparison.Ordinal));
        Trainer tuned = Trainer.Create(TinyRun.Configuration(corpus), corpus, backend, folder["tuned"], initial: ModelFolder.Load(folder["imported"]));
        Assert.Equal(TinyRun.Weights(ModelFolder.Load(folder["run"]).Model), TinyRun.Weights(tuned.Model));
    }
}
