using System.Runtime.InteropServices;
using System.Text.Json;
using TransformerXL.Models;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Testing;
using TransformerXL.Training;
using TransformerXL.Training.Corpora;
using TransformerXL.Training.Tasks;
using Xunit;

namespace TransformerXL.Tests.Training.Tasks;

/// <summary>A task other than the next token, with batches, head, loss and metric of its own, in the same loop.</summary>
public sealed class TrainingTaskTests : IDisposable
{
    private readonly CpuBackend _backend = new(null, 2);
    private readonly TemporaryFolder _folder = new();

    private string Run => _folder["run"];

    public void Dispose()
    {
        _backend.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_classifier_learns_its_classes()
    {
        TinyRun.Collector reports = new();
        Trainer trainer = Trainer.Create(Configuration(120), CreateTask, _backend);
        TrainingResult result = await trainer.RunAsync(reports);
        Assert.True(result.Completed);
        // One in three would be right by chance.
        Assert.True(Validations(reports)[^1].Accuracy > 0.7, $"the accuracy is {Validations(reports)[^1].Accuracy}");
        Assert.Equal(120L * 8 * TopicBatches.Length, result.State.TokensSeen);
        Assert.Equal(((120 - 1) / TopicBatches.BatchesPerEpoch) + 1, result.State.Epoch);
        Assert.Equal(0, ((TopicTask)trainer.Objective).MemoryRowsSeen);
    }

    [Theory]
    [InlineData(5)]
    [InlineData(9)]
    public async Task A_resumed_classifier_has_the_bits_of_an_uninterrupted_one(int stop)
    {
        TinyRun.Collector whole = new(), rest = new();
        Trainer uninterrupted = Trainer.Create(Configuration(20), CreateTask, _backend);
        TrainingState expected = (await uninterrupted.RunAsync(whole)).State;
        using CancellationTokenSource stopping = new();
        TinyRun.Collector first = new(report => (report is StepReport && report.Step == stop ? stopping : null)?.Cancel());
        Assert.Equal(stop, (await Trainer.Create(Configuration(20), CreateTask, _backend, Run).RunAsync(first, stopping.Token)).State.Step);

        Trainer resumed = Trainer.Resume(Run, CreateTask, _backend);
        TrainingState actual = (await resumed.RunAsync(rest)).State;
        Assert.Equal(TinyRun.Weights(uninterrupted.Model), TinyRun.Weights(resumed.Model));
        Assert.Equal(Head(uninterrupted), Head(resumed));
        Assert.Equal(whole.Steps.Skip(stop).Select(step => step.Loss), rest.Steps.Select(step => step.Loss));
        Assert.Equal((expected.BestStep, expected.BestMetric, expected.BestValidationLoss), (actual.BestStep, actual.BestMetric, actual.BestValidationLoss));
    }

    [Fact]
    public async Task The_metric_of_the_task_chooses_the_best_checkpoint_and_is_recorded()
    {
        TinyRun.Collector reports = new();
        TrainingState state = (await Trainer.Create(Configuration(40), CreateTask, _backend, Run).RunAsync(reports)).State;
        (double Accuracy, double Loss) best = (double.NegativeInfinity, 0);
        foreach (TopicReport validation in Validations(reports))
        {
            Assert.Equal(validation.Accuracy > best.Accuracy || (validation.Accuracy == best.Accuracy && validation.Loss < best.Loss), validation.IsBest);
            best = validation.IsBest ? (validation.Accuracy, validation.Loss) : best;
        }

        TopicReport chosen = Validations(reports).Last(validation => validation.IsBest);
        Assert.Equal((chosen.Accuracy, chosen.Step, chosen.Loss), (state.BestMetric!.Value, state.BestStep!.Value, state.BestValidationLoss!.Value));
        RunDirectory run = RunDirectory.Open(Run);
        Assert.Equal(chosen.Step, Checkpoint.ReadState(run.BestCheckpoint).Step);
        TopicTask loaded = new(Configuration(40), _backend);
        Checkpoint.LoadWeights(run.BestCheckpoint, loaded.Model);
        Checkpoint.LoadHead(run.BestCheckpoint, loaded.HeadParameters);
        Assert.Equal(chosen with { IsBest = false }, loaded.Validate(chosen.Step, null, default));

        JsonElement line = ValidationLines().Last();
        Assert.Equal(["kind", "step", "loss", "accuracy", "best", "sample"], line.EnumerateObject().Select(member => member.Name));
        Assert.Equal(Validations(reports)[^1].Accuracy, line.GetProperty("accuracy").GetDouble());
    }

    [Fact]
    public void A_validation_is_the_best_by_its_metric_and_between_equal_ones_by_its_loss()
    {
        ValidationHistory history = new();
        foreach ((double loss, double accuracy, bool best) in new[] { (1.0, 0.5, true), (0.5, 0.4, false), (2.0, 0.6, true), (2.0, 0.6, false), (1.5, 0.6, true), (0.1, 0.5, false), (1.7, 0.6, false) })
        {
            TopicReport validation = new() { Step = 1, Loss = loss, Accuracy = accuracy };
            Assert.Equal(best, history.IsBest(validation));
            history.Add(validation with { IsBest = best });
        }

        Assert.Equal((1.5, 0.6, 2), (history.BestLoss, history.BestMetric, history.WithoutImprovement));
    }

    [Fact]
    public async Task Other_data_and_a_checkpoint_without_head_are_refused()
    {
        await Trainer.Create(Configuration(8), CreateTask, _backend, Run).RunAsync();
        InputException other = Assert.Throws<InputException>(() => Trainer.Resume(Run, wanted => new TopicTask(wanted, _backend, dataSeed: 77), _backend));
        Assert.Contains("another text", other.Message, StringComparison.Ordinal);
        File.Delete(Path.Combine(RunDirectory.Open(Run).LastCheckpoint, "head.safetensors"));
        Assert.Contains("head.safetensors", Assert.Throws<InputException>(() => Trainer.Resume(Run, CreateTask, _backend)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_average_of_kept_checkpoints_is_that_of_their_heads_as_well()
    {
        RunConfiguration configuration = Configuration(8);
        await Trainer.Create(configuration with { Training = configuration.Training with { KeepEvery = 4 } }, CreateTask, _backend, Run).RunAsync();
        Assert.Equal([4L, 8], CheckpointAverage.Write(Run).Select(kept => kept.Step));
        float[] first = Values("step-000004"), second = Values("step-000008");
        Assert.NotEqual(first, second);
        Assert.Equal(first.Zip(second, (a, b) => (float)(((double)a + b) / 2)), Values("average"));

        File.Delete(_folder["run/checkpoints/step-000004/head.safetensors"]);
        Assert.Contains("step-000004 has no weights of a head", Assert.Throws<InputException>(() => CheckpointAverage.Write(Run)).Message, StringComparison.Ordinal);

        float[] Values(string checkpoint)
        {
            TopicTask task = new(configuration, _backend);
            Checkpoint.LoadHead(_folder[$"run/checkpoints/{checkpoint}"], task.HeadParameters);
            return [.. task.HeadParameters.SelectMany(parameter => parameter.Value.Span.ToArray())];
        }
    }

    [Fact]
    public async Task The_next_token_keeps_the_names_of_its_records()
    {
        using Corpus corpus = TinyRun.Corpus();
        Trainer trainer = Trainer.Create(TinyRun.Configuration(corpus), corpus, _backend, Run);
        await trainer.RunAsync();
        Assert.IsType<NextTokenTask>(trainer.Objective);
        Assert.Equal(
            ["kind", "step", "loss", "bits_per_character", "bits_per_byte", "perplexity", "best", "sample"],
            ValidationLines().First().EnumerateObject().Select(member => member.Name));
        string last = RunDirectory.Open(Run).LastCheckpoint;
        Assert.Equal(["model.safetensors", "state.json", "state.safetensors"], Directory.GetFiles(last).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.DoesNotContain("bestMetric", await File.ReadAllTextAsync(Path.Combine(last, "state.json")), StringComparison.Ordinal);
    }

    private static RunConfiguration Configuration(long steps) => new()
    {
        Model = new TransformerXLConfiguration { VocabularySize = 256, Layers = 1, ModelSize = 16, Heads = 2, InnerSize = 32, Dropout = 0.1f },
        Context = new ContextConfiguration { TargetLength = TopicBatches.Length, MemoryLength = TopicBatches.Length },
        Training = new TrainingConfiguration { Steps = steps, BatchSize = 8, BatchChunks = 2, LearningRate = 0.01, ValidateEvery = 4, CheckpointEvery = 6, ReportEvery = 1, SampleTokens = 0 },
    };

    private static List<TopicReport> Validations(TinyRun.Collector reports) => [.. reports.Reports.OfType<TopicReport>()];

    private static byte[] Head(Trainer trainer)
    {
        using MemoryStream bytes = new();
        foreach (Parameter parameter in trainer.Objective.HeadParameters)
        {
            bytes.Write(MemoryMarshal.AsBytes(parameter.Value.Span));
        }

        return bytes.ToArray();
    }

    private TopicTask CreateTask(RunConfiguration wanted) => new(wanted, _backend);

    private IEnumerable<JsonElement> ValidationLines() => File.ReadLines(RunDirectory.Open(Run).Metrics)
        .Select(line => JsonSerializer.Deserialize<JsonElement>(line))
        .Where(line => line.GetProperty("kind").ValueEquals("validation"));
}
