using TransformerXL.Models;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Testing;
using TransformerXL.Training;
using TransformerXL.Training.Corpora;
using TransformerXL.Training.Schedules;
using Xunit;

namespace TransformerXL.Tests.Training;

public sealed class KeepingTests : IDisposable
{
    private readonly Corpus _corpus = TinyRun.Corpus(100);
    private readonly CpuBackend _backend = new(null, 1);
    private readonly TemporaryFolder _folder = new();

    private string Run => _folder["run"];

    public void Dispose()
    {
        _corpus.Dispose();
        _backend.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task The_newest_checkpoints_are_kept_and_found_by_step()
    {
        await Train(training => training with { KeepEvery = 4, KeepCount = 3 });
        Assert.Equal([12L, 16, 20], RunDirectory.Open(Run).KeptCheckpoints().Select(kept => kept.Step));
        Assert.Equal(12, ModelFolder.Load(Run, "step-12").Step);
        Assert.Equal(20, ModelFolder.Load(Run, "last").Step);
        InputException error = Assert.Throws<InputException>(() => ModelFolder.Load(Run, "step-4"));
        Assert.Contains("has no checkpoint 'step-4'; it has best, last, step-000012, step-000016, step-000020", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_average_is_the_mean_of_the_newest_kept_weights()
    {
        await Train(training => training with { KeepEvery = 4 });
        Assert.Equal([16L, 20], CheckpointAverage.Write(Run, 2).Select(kept => kept.Step));
        float[] first = Values("step-16"), second = Values("step-20"), average = Values("average");
        Assert.Equal(first.Zip(second, (a, b) => (float)(((double)a + b) / 2)), average);
    }

    [Fact]
    public async Task Without_kept_checkpoints_there_is_nothing_to_average()
    {
        await Train(training => training);
        Assert.Contains("has kept no checkpoints to average; a training keeps them if its keepEvery is above 0", Assert.Throws<InputException>(() => CheckpointAverage.Write(Run)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_training_ends_when_validations_no_longer_improve_and_goes_on_with_more_patience()
    {
        // A rate far too high for the loss to go on falling.
        (TrainingResult result, TinyRun.Collector reports) = await Train(training => training with { LearningRate = 0.3, ValidateEvery = 2, Patience = 3, WarmupSteps = 0, Schedule = ScheduleKind.Constant, Steps = 400 });
        EarlyStopReport early = Assert.Single(reports.Reports.OfType<EarlyStopReport>());
        Assert.True(result is { Completed: true, EndedEarly: true });
        Assert.Equal((3, result.State.BestStep + 6), (early.Validations, result.State.Step));
        Assert.True(Trainer.Resume(Run, _corpus, _backend).HasEndedEarly);
        Assert.Equal(result.State.Step, (await Trainer.Resume(Run, _corpus, _backend).RunAsync()).State.Step);
        TrainingResult further = await Trainer.Resume(Run, _corpus, _backend, steps: result.State.Step + 5, patience: 0).RunAsync();
        Assert.Equal(result.State.Step + 5, further.State.Step);
    }

    [Fact]
    public async Task A_finished_training_goes_on_to_more_steps_as_if_it_had_never_ended()
    {
        static TrainingConfiguration Constant(TrainingConfiguration training) => training with { Schedule = ScheduleKind.Constant };
        await Train(Constant);
        Trainer longer = Trainer.Resume(Run, _corpus, _backend, steps: 33);
        Assert.True((await longer.RunAsync()).Completed);
        Assert.Equal(33, RunDirectory.Open(Run).ReadConfiguration().Training.Steps);
        Trainer whole = Trainer.Create(TinyRun.Configuration(_corpus, 33) with { Training = Constant(TinyRun.Configuration(_corpus, 33).Training) }, _corpus, _backend);
        await whole.RunAsync();
        Assert.Equal(TinyRun.Weights(whole.Model), TinyRun.Weights(longer.Model));
        InputException error = Assert.Throws<InputException>(() => Trainer.Resume(Run, _corpus, _backend, steps: 30));
        Assert.Contains("has taken 33 steps already; it cannot be trained to 30", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Patience_without_a_text_to_validate_on_is_refused()
    {
        using Corpus corpus = Corpus.FromText("the cat sees the dog and the dog sees the cat. ", new CorpusOptions { ValidationFraction = 0, TestFraction = 0 });
        RunConfiguration configuration = TinyRun.Configuration(corpus);
        configuration = configuration with { Training = configuration.Training with { Patience = 1 } };
        Assert.Contains("no text to validate on", Assert.Throws<InputException>(() => Trainer.Create(configuration, corpus, _backend)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Embeddings_that_are_not_clipped_move_as_without_a_limit(bool clip)
    {
        float[] Embedding(double limit)
        {
            RunConfiguration configuration = TinyRun.Configuration(_corpus);
            TrainingConfiguration training = configuration.Training with { ClipNorm = limit, ClipEmbeddings = clip, BatchChunks = 1, Optimizer = new() { Kind = Tensors.Optimizers.OptimizerKind.Sgd } };
            LanguageModel model = LanguageModel.Create(configuration.Model);
            int[] ids = [.. Enumerable.Range(0, 48).Select(i => i % _corpus.Vocabulary.Count)];
            new TrainingStep(model, configuration.Context, training, _backend).Run(ids, ids, 1, 0.1);
            return model.Parameters.Single(parameter => parameter.Name.StartsWith("word_emb", StringComparison.Ordinal)).Value.Span.ToArray();
        }

        Assert.Equal(!clip, Embedding(0).SequenceEqual(Embedding(1e-3)));
    }

    [Fact]
    public void Muon_moves_exactly_the_matrices_of_layers_in_models_of_every_kind()
    {
        foreach (string kind in Kinds.All)
        {
            ModelConfiguration configuration = new TransformerXLConfiguration
            {
                VocabularySize = 60,
                Layers = 2,
                ModelSize = 16,
                Heads = 2,
                InnerSize = 20,
                TieWeights = false,
                Cutoffs = [20],
                EmbeddingDivisor = 2,
                TieProjections = ProjectionTying.None,
            }.As(kind, rows: 9);
            TrainingConfiguration training = new() { BatchSize = 1, BatchChunks = 1, Optimizer = new() { Kind = Tensors.Optimizers.OptimizerKind.Muon } };
            LanguageModel model = LanguageModel.Create(configuration);
            TrainingStep step = new(model, new ContextConfiguration { TargetLength = 4, MemoryLength = 4 }, training, _backend);
            string[] moved = [.. step.Optimizer.State().Where(tensor => tensor.Name == "muon.m").Select(tensor => tensor.Parameter.Name)];
            string[] expected = [.. model.Parameters.Select(parameter => parameter.Name).Where(name =>
                name.EndsWith("_net.weight", StringComparison.Ordinal) || name.EndsWith(".CoreNet.0.weight", StringComparison.Ordinal)
                || name.EndsWith(".CoreNet.3.weight", StringComparison.Ordinal) || name.StartsWith("rnn.weight", StringComparison.Ordinal) || name == "masked.transform.weight"
                || (name.Contains(".attention.", StringComparison.Ordinal) && name.EndsWith(".weight", StringComparison.Ordinal) && !name.Contains("layer_norm", StringComparison.Ordinal)))];
            Assert.NotEmpty(expected);
            Assert.Equal(expected, moved);
        }
    }

    private async Task<(TrainingResult Result, TinyRun.Collector Reports)> Train(Func<TrainingConfiguration, TrainingConfiguration> recipe)
    {
        RunConfiguration configuration = TinyRun.Configuration(_corpus);
        TinyRun.Collector reports = new();
        TrainingResult result = await Trainer.Create(configuration with { Training = recipe(configuration.Training) }, _corpus, _backend, Run).RunAsync(reports);
        return (result, reports);
    }

    private float[] Values(string checkpoint) => [.. ModelFolder.Load(Run, checkpoint).Model.Parameters.SelectMany(parameter => parameter.Value.Span.ToArray())];
}
