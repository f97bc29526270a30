using TransformerXL.Tensors.Cpu;
using TransformerXL.Testing;
using TransformerXL.Training;
using TransformerXL.Training.Corpora;
using Xunit;

namespace TransformerXL.Tests.Training;

public sealed class StoppedValidationTests
{
    [Fact]
    public async Task A_training_whose_last_validation_was_stopped_is_not_complete_and_makes_up_for_it()
    {
        using TemporaryFolder folder = new();
        using Corpus corpus = TinyRun.Corpus();
        using CpuBackend backend = new(null, 1);
        RunConfiguration configuration = TinyRun.Configuration(corpus, steps: 4);
        configuration = configuration with { Training = configuration.Training with { ValidateEvery = 0, WarmupSteps = 0 } };
        using CancellationTokenSource stop = new();
        Progress validating = new(_ => stop.Cancel());
        TrainingResult stopped = await Trainer.Create(configuration, corpus, backend, folder["run"]).RunAsync(null, validating, stop.Token);
        Assert.Equal((4, false, true), (stopped.State.Step, stopped.Completed, stopped.State.ValidationIsDue));
        RunDirectory run = RunDirectory.Open(folder["run"]);
        Assert.False(Checkpoint.Exists(run.BestCheckpoint));

        TrainingResult resumed = await Trainer.Resume(folder["run"], corpus, backend).RunAsync();
        Assert.True(resumed.Completed);
        Assert.False(resumed.State.ValidationIsDue);
        Assert.Equal(4, Checkpoint.ReadState(run.BestCheckpoint).Step);
    }

    [Theory]
    [InlineData(100, 99)]
    [InlineData(0, 0)]
    public async Task A_validation_tells_how_far_it_is_and_reads_as_much_as_it_should(long bound, long expected)
    {
        using Corpus corpus = TinyRun.Corpus();
        using CpuBackend backend = new(null, 1);
        RunConfiguration configuration = TinyRun.Configuration(corpus, steps: 1);
        configuration = configuration with { Training = configuration.Training with { ValidationTokens = bound, WarmupSteps = 0 } };
        List<ValidationProgress> reports = [];
        await Trainer.Create(configuration, corpus, backend).RunAsync(null, new Progress(reports.Add), CancellationToken.None);
        Assert.Equal([false, true], reports.Select(report => report.WritesSample).Distinct());
        ValidationProgress last = reports[^1];
        Assert.Equal(last.TotalTokens, last.Tokens);
        Assert.InRange(last.TotalTokens, expected == 0 ? corpus.Validation.Count - 8 : expected, expected == 0 ? corpus.Validation.Count : expected);
    }

    [Fact]
    public void A_validation_of_a_long_text_reads_a_part_unless_told_otherwise() =>
        Assert.Equal(100_000, new TrainingConfiguration().ValidationTokens);

    private sealed class Progress(Action<ValidationProgress> report) : IProgress<ValidationProgress>
    {
        public void Report(ValidationProgress value) => report(value);
    }
}
