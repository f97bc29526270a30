using TransformerXL.Models;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Testing;
using TransformerXL.Text;
using TransformerXL.Training;
using TransformerXL.Training.Corpora;
using Xunit;

namespace TransformerXL.Tests.Training;

public sealed class TrainerTests
{
    [Fact]
    public async Task A_training_that_runs_is_not_run_a_second_time_and_can_be_run_again_when_it_has_ended()
    {
        using Corpus corpus = TinyRun.Corpus();
        using CpuBackend backend = new();
        Trainer trainer = Trainer.Create(TinyRun.Configuration(corpus), corpus, backend);
        using CancellationTokenSource stop = new();
        InvalidOperationException? second = null;
        TinyRun.Collector during = new(report =>
        {
            second ??= Record.Exception(() => { _ = trainer.RunAsync(); }) as InvalidOperationException;
            stop.Cancel();
        });
        TrainingResult stopped = await trainer.RunAsync(during, stop.Token);
        Assert.Contains("runs already", second?.Message, StringComparison.Ordinal);
        Assert.Equal(1, stopped.State.Step);
        TrainingResult ended = await trainer.RunAsync();
        Assert.Equal(20, ended.State.Step);
        Trainer whole = Trainer.Create(TinyRun.Configuration(corpus), corpus, backend);
        await whole.RunAsync();
        Assert.Equal(TinyRun.Weights(whole.Model), TinyRun.Weights(trainer.Model));
    }

    [Fact]
    public async Task Training_lowers_the_loss()
    {
        using Corpus corpus = TinyRun.Corpus();
        using CpuBackend backend = new();
        TinyRun.Collector reports = new();
        await Trainer.Create(TinyRun.Configuration(corpus, 150), corpus, backend).RunAsync(reports);
        Assert.True(reports.Steps.Last().Loss < 0.8 * reports.Steps.First().Loss);
    }

    [Fact]
    public async Task One_two_and_three_threads_give_the_same_bits()
    {
        using Corpus corpus = TinyRun.Corpus();
        List<byte[]> weights = [];
        foreach (int threads in new[] { 1, 2, 3 })
        {
            using CpuBackend backend = new(null, threads);
            Trainer trainer = Trainer.Create(TinyRun.Configuration(corpus), corpus, backend);
            await trainer.RunAsync();
            weights.Add(TinyRun.Weights(trainer.Model));
        }

        Assert.Equal(weights[0], weights[1]);
        Assert.Equal(weights[0], weights[2]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(13)]
    public async Task A_stopped_training_goes_on_to_the_same_bits(int stopAfter)
    {
        using Corpus corpus = TinyRun.Corpus();
        using CpuBackend backend = new();
        using TemporaryFolder folder = new();
        RunConfiguration configuration = TinyRun.Configuration(corpus);
        TinyRun.Collector whole = new();
        Trainer uninterrupted = Trainer.Create(configuration, corpus, backend);
        await uninterrupted.RunAsync(whole);

        using CancellationTokenSource stop = new();
        TinyRun.Collector first = new(report =>
        {
            if (report is StepReport && report.Step == stopAfter)
            {
                stop.Cancel();
            }
        });
        TrainingResult stopped = await Trainer.Create(configuration, corpus, backend, folder["run"]).RunAsync(first, stop.Token);
        Assert.False(stopped.Completed);
        Assert.Equal(stopAfter, stopped.State.Step);
        TinyRun.Collector second = new();
        Trainer resumed = Trainer.Resume(folder["run"], corpus, backend);
        TrainingResult result = await resumed.RunAsync(second);

        Assert.True(result.Completed);
        Assert.Equal(whole.Steps.Select(s => s.Loss), first.Steps.Concat(second.Steps).Select(s => s.Loss));
        Assert.Equal(TinyRun.Weights(uninterrupted.Model), TinyRun.Weights(resumed.Model));
    }

    [Fact]
    public async Task Chunks_of_a_batch_give_what_the_whole_batch_gives()
    {
        using Corpus corpus = TinyRun.Corpus();
        using CpuBackend backend = new();
        double[][] losses = new double[2][];
        for (int i = 0; i < 2; i++)
        {
            RunConfiguration configuration = TinyRun.Configuration(corpus);
            configuration = configuration with
            {
                Model = (TransformerXLConfiguration)configuration.Model with { Dropout = 0, AttentionDropout = 0 },
                Training = configuration.Training with { BatchChunks = i == 0 ? 1 : 4 },
            };
            TinyRun.Collector reports = new();
            await Trainer.Create(configuration, corpus, backend).RunAsync(reports);
            losses[i] = [.. reports.Steps.Select(s => s.Loss)];
        }

        Assert.All(losses[0].Zip(losses[1]), pair => Assert.Equal(pair.First, pair.Second, 1e-4));
    }

    [Fact]
    public void A_warm_step_allocates_nothing()
    {
        using Corpus corpus = TinyRun.Corpus();
        using CpuBackend backend = new(null, 2);
        RunConfiguration configuration = TinyRun.Configuration(corpus);
        LanguageModel model = LanguageModel.Create(configuration.Model);
        TrainingStep step = new(model, configuration.Context, configuration.Training, backend);
        SegmentBatches batches = new(corpus.Train, 4, 12);
        int[] inputs = new int[48], targets = new int[48];
        void Take(int i)
        {
            batches.Read(i, inputs, targets);
            step.Run(inputs, targets, i + 1, 1e-3);
        }

        for (int i = 0; i < 10; i++)
        {
            Take(i);
        }

        // Waking a thread may allocate once when both meet at a lock; a step that made garbage would make some in every round.
        long least = long.MaxValue;
        for (int round = 0; round < 5; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 20; i++)
            {
                Take(10 + (20 * round) + i);
            }

            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(0, least);
    }

    [Fact]
    public async Task A_loss_that_is_not_finite_stops_with_step_rate_and_checkpoint()
    {
        using Corpus corpus = TinyRun.Corpus();
        using CpuBackend backend = new();
        using TemporaryFolder folder = new();
        Trainer trainer = Trainer.Create(TinyRun.Configuration(corpus), corpus, backend, folder["run"]);
        TinyRun.Collector reports = new(report =>
        {
            if (report is CheckpointReport)
            {
                trainer.Model.Parameters[0].Value.Span[0] = float.NaN;
            }
        });
        TrainingDivergedException error = await Assert.ThrowsAsync<TrainingDivergedException>(() => trainer.RunAsync(reports));
        Assert.Contains("step 8", error.Message, StringComparison.Ordinal);
        Assert.Contains("learning rate", error.Message, StringComparison.Ordinal);
        Assert.Contains("step 7", error.Message, StringComparison.Ordinal);
        Assert.Equal(7, Checkpoint.ReadState(trainer.Run!.LastCheckpoint).Step);
    }

    [Fact]
    public async Task Validation_comes_when_due_with_a_sample_and_keeps_the_best_weights()
    {
        using Corpus corpus = TinyRun.Corpus();
        using CpuBackend backend = new();
        using TemporaryFolder folder = new();
        TinyRun.Collector reports = new();
        Trainer trainer = Trainer.Create(TinyRun.Configuration(corpus, 40), corpus, backend, folder["run"]);
        TrainingResult result = await trainer.RunAsync(reports);
        ValidationReport[] validations = [.. reports.Reports.OfType<ValidationReport>()];
        Assert.Equal([10L, 20, 30, 40], validations.Select(v => v.Step));
        Assert.All(validations, v => Assert.NotEmpty(v.Sample));
        Assert.True(validations[^1].Loss < validations[0].Loss);
        Assert.Equal(validations.Min(v => v.Loss), result.State.BestValidationLoss);
        Assert.Equal(validations.MinBy(v => v.Loss)!.Step, ModelFolder.Load(folder["run"]).Step);
        Assert.Equal(validations[0].Loss / Math.Log(2), validations[0].BitsPerCharacter, 1e-9);
    }

    [Fact]
    public async Task Metrics_of_steps_taken_twice_stand_once()
    {
        using Corpus corpus = TinyRun.Corpus();
        using CpuBackend backend = new();
        using TemporaryFolder folder = new();
        Trainer trainer = Trainer.Create(TinyRun.Configuration(corpus), corpus, backend, folder["run"]);
        await trainer.RunAsync();
        string metrics = trainer.Run!.Metrics;
        int lines = File.ReadAllLines(metrics).Length;
        File.AppendAllText(metrics, "{\"kind\":\"step\",\"step\":21,\"loss\":1}\n{\"kind\":\"st");
        await Trainer.Resume(folder["run"], corpus, backend).RunAsync();
        Assert.Equal(lines, File.ReadAllLines(metrics).Length);
    }

    [Fact]
    public async Task Two_trainings_in_one_folder_are_refused()
    {
        using Corpus corpus = TinyRun.Corpus();
        using CpuBackend backend = new(), another = new();
        using TemporaryFolder folder = new();
        Trainer second = Trainer.Create(TinyRun.Configuration(corpus), corpus, backend, folder["run"]);
        InputException? refused = null, resumed = null;
        TinyRun.Collector reports = new(report =>
        {
            if (report.Step == 3)
            {
                refused ??= Assert.Throws<InputException>(() => Trainer.Create(TinyRun.Configuration(corpus), corpus, another, folder["run"]));
                resumed ??= Assert.Throws<InputException>(() => Trainer.Resume(folder["run"], corpus, another));
            }
        });
        Assert.True((await second.RunAsync(reports)).Completed);
        Assert.All((InputException[])[refused!, resumed!], error => Assert.Contains("in use", error.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void A_resumption_locks_before_it_reads()
    {
        using Corpus corpus = TinyRun.Corpus();
        using CpuBackend backend = new();
        using TemporaryFolder folder = new();
        Trainer.Create(TinyRun.Configuration(corpus), corpus, backend, folder["run"]);
        folder.Write("run/config.json", "half");
        using (RunLock.Take(folder["run"]))
        {
            Assert.Contains("in use", Assert.Throws<InputException>(() => Trainer.Resume(folder["run"], corpus, backend)).Message, StringComparison.Ordinal);
        }

        Assert.Contains("config.json", Assert.Throws<InputException>(() => Trainer.Resume(folder["run"], corpus, backend)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_that_cannot_be_locked_is_not_said_to_be_in_use()
    {
        using TemporaryFolder folder = new();
        Directory.CreateDirectory(folder["run/run.lock"]);
        string message = Assert.Throws<InputException>(() => RunLock.Take(folder["run"])).Message;
        Assert.Contains("cannot be written", message, StringComparison.Ordinal);
        Assert.DoesNotContain("in use", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_that_holds_a_run_is_not_overwritten_unless_that_is_asked_for()
    {
        using Corpus corpus = TinyRun.Corpus();
        using CpuBackend backend = new();
        using TemporaryFolder folder = new();
        await Trainer.Create(TinyRun.Configuration(corpus, 8), corpus, backend, folder["run"]).RunAsync();
        InputException error = Assert.Throws<InputException>(() => Trainer.Create(TinyRun.Configuration(corpus), corpus, backend, folder["run"]));
        Assert.Contains("holds a run already", error.Message, StringComparison.Ordinal);
        string mine = folder.Write("run/mine.txt", "mine"), beside = folder.Write("run/checkpoints/best/mine.txt", "mine");
        Trainer anew = Trainer.Create(TinyRun.Configuration(corpus, 7), corpus, backend, folder["run"], replace: true);
        Assert.False(Checkpoint.Exists(anew.Run!.BestCheckpoint));
        Assert.Equal(7, (await anew.RunAsync()).State.Step);
        Assert.Equal(("mine", "mine"), (File.ReadAllText(mine), File.ReadAllText(beside)));
    }

    [Fact]
    public async Task A_run_of_which_nothing_was_saved_gives_way_to_the_next()
    {
        using Corpus corpus = TinyRun.Corpus();
        using CpuBackend backend = new();
        using TemporaryFolder folder = new();
        Trainer first = Trainer.Create(TinyRun.Configuration(corpus, 8), corpus, backend, folder["run"]);
        Assert.Equal(7, (await Trainer.Create(TinyRun.Configuration(corpus, 7), corpus, backend, folder["run"]).RunAsync()).State.Step);
        InputException error = await Assert.ThrowsAsync<InputException>(() => first.RunAsync());
        Assert.Contains("changed by another process", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_text_is_refused_on_resume()
    {
        using Corpus corpus = TinyRun.Corpus(), other = TinyRun.Corpus(401);
        using CpuBackend backend = new();
        using TemporaryFolder folder = new();
        await Trainer.Create(TinyRun.Configuration(corpus), corpus, backend, folder["run"]).RunAsync();
        InputException error = Assert.Throws<InputException>(() => Trainer.Resume(folder["run"], other, backend));
        Assert.Contains("another text", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("batch size 60 is not divisible by batch chunks 7", 60, 7)]
    public void A_batch_that_chunks_do_not_divide_is_named(string message, int batch, int chunks)
    {
        TrainingConfiguration configuration = new() { BatchSize = batch, BatchChunks = chunks };
        Assert.Equal(message, Assert.Throws<InputException>(configuration.Validate).Message);
    }
}
