using FsCheck;
using FsCheck.Fluent;
using TransformerXL.Models;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Tensors.Optimizers;
using TransformerXL.Testing;
using TransformerXL.Training;
using TransformerXL.Training.Corpora;
using TransformerXL.Training.Schedules;
using Xunit;

namespace TransformerXL.Tests.Training;

public sealed class ResumeTests
{
    private const int Steps = 16;

    private static readonly Gen<TrainingConfiguration> Recipes =
        from optimizer in Gen.Elements(Enum.GetValues<OptimizerKind>())
        from schedule in Gen.Elements(Enum.GetValues<ScheduleKind>())
        from chunks in Gen.Elements(1, 2)
        from patience in Gen.Choose(0, 2)
        from dropoutSteps in Gen.Elements(0, 10)
        from longMemory in Gen.Elements(0, 30)
        from clipEmbeddings in Gen.Elements(true, false)
        from moments in Gen.Elements(Enum.GetValues<MomentPrecision>())
        from weights in Gen.Elements(Enum.GetValues<WeightPrecision>())
        from rate in Gen.Elements(0.001, 0.3)
        select new TrainingConfiguration
        {
            Steps = Steps,
            BatchSize = 2,
            BatchChunks = chunks,
            LearningRate = rate,
            Schedule = schedule,
            WarmupSteps = 3,
            ClipEmbeddings = clipEmbeddings,
            Optimizer = new OptimizerOptions
            {
                Kind = optimizer,
                WeightDecay = 0.01,
                Momentum = optimizer == OptimizerKind.Sgd ? 0.9 : null,
                AmsGrad = optimizer == OptimizerKind.AdamW && moments != MomentPrecision.Float8,
                Moments = optimizer is OptimizerKind.Adam or OptimizerKind.AdamW or OptimizerKind.Muon ? moments : MomentPrecision.Float32,
            },
            Weights = optimizer is OptimizerKind.Adam or OptimizerKind.AdamW ? weights : WeightPrecision.Float32,
            InitialDropout = dropoutSteps == 0 ? null : 0,
            DropoutSteps = dropoutSteps,
            ValidateEvery = 2,
            CheckpointEvery = 3,
            ReportEvery = 1,
            SampleTokens = 0,
            Patience = patience,
            LongMemoryLength = longMemory,
            LongMemoryShare = 0.5,
        };

    [Fact]
    public void Whatever_the_recipe_a_stopped_training_goes_on_to_the_same_bits()
    {
        using Corpus corpus = TinyRun.Corpus(60);
        using CpuBackend backend = new(null, 1);
        Gen<(TrainingConfiguration, int)> cases = from recipe in Recipes from stop in Gen.Choose(1, Steps - 1) select (recipe, stop);
        Prop.ForAll(cases.ToArbitrary(), pair => Compare(Configuration(corpus, pair.Item1), pair.Item2, corpus, backend)).Check(Config.QuickThrowOnFailure.WithMaxTest(20));
    }

    [Theory]
    [InlineData(MomentPrecision.Float32, WeightPrecision.Bfloat16)]
    [InlineData(MomentPrecision.Float8, WeightPrecision.Float32)]
    [InlineData(MomentPrecision.Float8, WeightPrecision.Bfloat16)]
    public void Weights_and_moments_in_fewer_bits_go_on_to_the_same_bits(MomentPrecision moments, WeightPrecision weights)
    {
        using Corpus corpus = TinyRun.Corpus(60);
        using CpuBackend backend = new(null, 1);
        TrainingConfiguration recipe = new()
        {
            Steps = Steps,
            BatchSize = 2,
            LearningRate = 0.003,
            Weights = weights,
            Optimizer = new OptimizerOptions { Kind = OptimizerKind.AdamW, WeightDecay = 0.01, Moments = moments },
            ValidateEvery = 2,
            CheckpointEvery = 3,
            ReportEvery = 1,
            SampleTokens = 5,
        };
        Compare(Configuration(corpus, recipe), 7, corpus, backend);
    }

    [Fact]
    public async Task A_stopped_validation_is_made_up_for_so_that_a_plateau_does_not_miss_it()
    {
        using Corpus corpus = TinyRun.Corpus(60);
        using CpuBackend backend = new(null, 1);
        RunConfiguration configuration = Configuration(corpus, new TrainingConfiguration { Steps = 6, BatchSize = 2, ValidateEvery = 2, ReportEvery = 1, SampleTokens = 0, Schedule = ScheduleKind.Plateau });
        using TemporaryFolder folder = new();
        TrainingResult stopped = await StopAfter(Trainer.Create(configuration, corpus, backend, folder["run"]), 4);
        Assert.True(stopped.State.ValidationIsDue);
        TinyRun.Collector reports = new();
        await Trainer.Resume(folder["run"], corpus, backend).RunAsync(reports);
        Assert.Equal([4L, 6], reports.Reports.OfType<ValidationReport>().Select(validation => validation.Step));
    }

    [Fact]
    public async Task A_training_that_stops_between_two_reports_reports_the_mean_loss_of_the_whole_interval()
    {
        using Corpus corpus = TinyRun.Corpus(60);
        using CpuBackend backend = new(null, 1);
        RunConfiguration configuration = Configuration(corpus, new TrainingConfiguration { Steps = 8, BatchSize = 2, ValidateEvery = 3, ReportEvery = 4, SampleTokens = 0 });
        TinyRun.Collector whole = new(), second = new();
        await Trainer.Create(configuration, corpus, backend).RunAsync(whole);
        using TemporaryFolder folder = new();
        using CancellationTokenSource stop = new();
        TinyRun.Collector first = new(report =>
        {
            if (report is ValidationReport { Step: 3 })
            {
                stop.Cancel();
            }
        });
        await Trainer.Create(configuration, corpus, backend, folder["run"]).RunAsync(first, stop.Token);
        Assert.Empty(first.Steps);
        await Trainer.Resume(folder["run"], corpus, backend).RunAsync(second);
        Assert.Equal(whole.Steps.Select(s => (s.Step, s.Loss, s.BytesPerToken)), second.Steps.Select(s => (s.Step, s.Loss, s.BytesPerToken)));
    }

    private static bool Compare(RunConfiguration configuration, int stop, Corpus corpus, CpuBackend backend)
    {
        using TemporaryFolder folder = new();
        TinyRun.Collector whole = new(), second = new();
        Trainer uninterrupted = Trainer.Create(configuration, corpus, backend);
        TrainingState expected = uninterrupted.RunAsync(whole).GetAwaiter().GetResult().State;
        StopAfter(Trainer.Create(configuration, corpus, backend, folder["run"]), stop).GetAwaiter().GetResult();
        Trainer resumed = Trainer.Resume(folder["run"], corpus, backend);
        TrainingState actual = resumed.RunAsync(second).GetAwaiter().GetResult().State;
        Assert.Equal(TinyRun.Weights(uninterrupted.Model), TinyRun.Weights(resumed.Model));
        Assert.Equal((expected.Step, expected.Rate, expected.BestStep), (actual.Step, actual.Rate, actual.BestStep));
        Assert.Equal(whole.Steps.Where(s => s.Step > stop).Select(s => (s.Loss, s.LearningRate)), second.Steps.Select(s => (s.Loss, s.LearningRate)));
        return true;
    }

    private static async Task<TrainingResult> StopAfter(Trainer trainer, int step)
    {
        using CancellationTokenSource stop = new();
        return await trainer.RunAsync(
            new TinyRun.Collector(report =>
            {
                if (report is StepReport && report.Step == step)
                {
                    stop.Cancel();
                }
            }),
            stop.Token);
    }

    private static RunConfiguration Configuration(Corpus corpus, TrainingConfiguration training) => new()
    {
        Model = new TransformerXLConfiguration { VocabularySize = corpus.Vocabulary.Count, Layers = 1, ModelSize = 8, Heads = 2, InnerSize = 8, Dropout = 0.2f, AttentionDropout = 0.1f },
        Context = new ContextConfiguration { TargetLength = 6, MemoryLength = 8, ClampLength = 14 },
        Training = training,
    };
}
