using FsCheck;
using FsCheck.Fluent;
using TransformerXL.Models;
using TransformerXL.Tensors;
using TransformerXL.Tensors.Collectives;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Tensors.Optimizers;
using TransformerXL.Testing;
using TransformerXL.Training;
using TransformerXL.Training.Corpora;
using TransformerXL.Training.Schedules;
using Xunit;

namespace TransformerXL.Tests.Training;

public sealed class SharedTrainingTests
{
    private const int Steps = 6;

    private static readonly Gen<(RunConfiguration, int)> Cases =
        from processes in Gen.Elements(2, 3, 4)
        from optimizer in Gen.Elements(Enum.GetValues<OptimizerKind>())
        from plateau in Gen.Elements(true, false)
        from precision in Gen.Elements(Precision.Float32, Precision.Bfloat16)
        from kind in Gen.Elements<string>(Kinds.Causal)
        from clusters in Gen.Elements(true, false)
        from untied in Gen.Elements(true, false)
        select (Configuration(processes, optimizer, plateau, precision, kind, clusters, untied), processes);

    [Fact]
    public void Processes_with_a_chunk_each_reach_the_bits_of_one_with_all_chunks()
    {
        Prop.ForAll(Cases.ToArbitrary(), pair =>
        {
            (byte[] Weights, TrainingState State) one = ThreadCollective.Run(1, alone => Train(pair.Item1, alone))[0];
            foreach ((byte[] weights, TrainingState state) in ThreadCollective.Run(pair.Item2, processes => Train(pair.Item1, processes)))
            {
                Assert.Equal(one.Weights, weights);
                Assert.Equal((one.State.Rate, one.State.BestValidationLoss, one.State.BestStep), (state.Rate, state.BestValidationLoss, state.BestStep));
            }

            return true;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(25));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    public void Four_chunks_give_the_same_bits_however_they_are_divided(int processes)
    {
        RunConfiguration configuration = Configuration(4, OptimizerKind.Adam, false, Precision.Float32, Kinds.TransformerXL, false, true);
        byte[] expected = ThreadCollective.Run(4, all => Train(configuration, all))[0].Weights;
        Assert.All(ThreadCollective.Run(processes, some => Train(configuration, some)), result => Assert.Equal(expected, result.Weights));
    }

    [Theory]
    [InlineData(4, 2)]
    [InlineData(1, 4)]
    [InlineData(2, 1)]
    [InlineData(2, 4, OptimizerKind.Muon)]
    public void A_run_goes_on_to_the_same_bits_with_another_number_of_processes(int first, int then, OptimizerKind optimizer = OptimizerKind.AdamW)
    {
        RunConfiguration configuration = Configuration(4, optimizer, true, Precision.Float32, Kinds.TransformerXL, true, false);
        byte[] expected = ThreadCollective.Run(1, alone => Train(configuration, alone))[0].Weights;
        using TemporaryFolder folder = new();
        ThreadCollective.Run(first, processes => Train(configuration, processes, folder["run"], stopAfter: 3));
        (byte[] Weights, TrainingState)[] results = ThreadCollective.Run(then, processes =>
        {
            using Corpus corpus = TinyRun.Corpus(120);
            using CpuBackend backend = new(null, 1);
            Trainer trainer = Trainer.Resume(folder["run"], corpus, backend, collective: processes);
            Assert.Equal(3, trainer.State.Step);
            TrainingState state = trainer.RunAsync().GetAwaiter().GetResult().State;
            return (TinyRun.Weights(trainer.Model), state);
        });
        Assert.All(results, result => Assert.Equal(expected, result.Weights));
    }

    [Fact]
    public void Each_process_updates_a_part_of_the_matrices_of_Muon_in_the_divided_steps_and_sends_them()
    {
        (byte[] Weights, int Sent)[] Train2(OptimizerKind optimizer) => ThreadCollective.Run(2, processes => (Train(Of(optimizer), processes).Weights, ((ThreadCollective)processes).Broadcasts));
        static RunConfiguration Of(OptimizerKind optimizer) => Configuration(2, optimizer, false, Precision.Float32, Kinds.TransformerXL, false, false);
        byte[] expected = ThreadCollective.Run(1, alone => Train(Of(OptimizerKind.Muon), alone))[0].Weights;
        (byte[] Weights, int Sent)[] divided = Train2(OptimizerKind.Muon), whole = Train2(OptimizerKind.Adam);
        Assert.All(divided, result => Assert.Equal(expected, result.Weights));
        // The memories are sent with every optimizer.
        Assert.All(divided.Zip(whole), pair => Assert.InRange(pair.First.Sent, pair.Second.Sent + 2, int.MaxValue));
    }

    [Fact]
    public void A_stop_in_one_process_stops_all_after_the_same_step_and_leaves_a_whole_checkpoint()
    {
        RunConfiguration configuration = Configuration(2, OptimizerKind.Adam, false, Precision.Float32, Kinds.TransformerXL, false, false);
        using TemporaryFolder folder = new();
        (byte[] Weights, TrainingState State)[] results = ThreadCollective.Run(2, processes => Train(configuration, processes, folder["run"], stopAfter: 2, stopper: 1));
        Assert.All(results, result => Assert.Equal(2, result.State.Step));
        Assert.Equal(2, Checkpoint.ReadState(RunDirectory.Open(folder["run"]).LastCheckpoint).Step);
    }

    [Theory]
    [InlineData("rate", "process 1 has training.learningRate 0.5, but process 0 training.learningRate ")]
    [InlineData("steps", "process 1 has training.steps 7, but process 0 training.steps ")]
    [InlineData("seed", "process 1 has training.seed 7, but process 0 training.seed ")]
    [InlineData("layers", "process 1 has model.layers 3, but process 0 model.layers ")]
    [InlineData("text", "process 1 has the text of identity ")]
    public void Processes_with_different_settings_or_texts_are_refused(string what, string message)
    {
        RunConfiguration configuration = Configuration(2, OptimizerKind.Adam, false, Precision.Float32, Kinds.TransformerXL, false, false);
        RunConfiguration other = what switch
        {
            "rate" => configuration with { Training = configuration.Training with { LearningRate = 0.5f } },
            "steps" => configuration with { Training = configuration.Training with { Steps = 7 } },
            "seed" => configuration with { Training = configuration.Training with { Seed = 7 } },
            "layers" => configuration with { Model = configuration.Model with { Layers = 3 } },
            _ => configuration,
        };
        InvalidOperationException failure = Assert.Throws<InvalidOperationException>(() => ThreadCollective.Run(2, processes =>
        {
            using Corpus corpus = TinyRun.Corpus(what == "text" && processes.Rank == 1 ? 121 : 120);
            using CpuBackend backend = new(null, 1);
            RunConfiguration own = processes.Rank == 0 ? configuration : other;
            return Trainer.Create(own with { Model = own.Model.For(corpus.Vocabulary.Count, own.Context) }, corpus, backend, collective: processes);
        }));
        Assert.Contains(message, failure.Message, StringComparison.Ordinal);
        Assert.Contains("start all processes with the same program, options, text and run folder", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Processes_with_checkpoints_of_different_steps_are_refused()
    {
        RunConfiguration configuration = Configuration(2, OptimizerKind.Adam, false, Precision.Float32, Kinds.TransformerXL, false, false);
        using TemporaryFolder folder = new();
        foreach (int step in new[] { 1, 2 })
        {
            ThreadCollective.Run(1, alone => Train(configuration, alone, folder[$"run{step}"], stopAfter: step));
        }

        InvalidOperationException failure = Assert.Throws<InvalidOperationException>(() => ThreadCollective.Run(2, processes =>
        {
            using Corpus corpus = TinyRun.Corpus(120);
            using CpuBackend backend = new(null, 1);
            return Trainer.Resume(folder[$"run{2 - processes.Rank}"], corpus, backend, collective: processes);
        }));
        Assert.Contains("process 1 has steps taken: 1, but process 0 steps taken: 2", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Chunks_that_cannot_be_divided_are_refused_by_name()
    {
        RunConfiguration configuration = Configuration(4, OptimizerKind.Adam, false, Precision.Float32, Kinds.TransformerXL, false, false);
        InvalidOperationException failure = Assert.Throws<InvalidOperationException>(() => ThreadCollective.Run(3, processes => Train(configuration, processes)));
        Assert.Contains("batch chunks 4 cannot be divided among 3 processes", failure.Message, StringComparison.Ordinal);
    }

    private static (byte[] Weights, TrainingState State) Train(
        RunConfiguration configuration, ICollective processes, string? path = null, int stopAfter = 0, int stopper = 0)
    {
        using Corpus corpus = TinyRun.Corpus(120);
        using CpuBackend backend = new(null, 1);
        using CancellationTokenSource stop = new();
        configuration = configuration with { Model = configuration.Model.For(corpus.Vocabulary.Count, configuration.Context) };
        Trainer trainer = Trainer.Create(configuration, corpus, backend, path, collective: processes);
        TinyRun.Collector reports = new(report =>
        {
            if (processes.Rank == stopper && report is StepReport && report.Step == stopAfter)
            {
                stop.Cancel();
            }
        });
        TrainingResult result = trainer.RunAsync(reports, stop.Token).GetAwaiter().GetResult();
        return (TinyRun.Weights(trainer.Model), result.State);
    }

    private static RunConfiguration Configuration(int chunks, OptimizerKind optimizer, bool plateau, Precision precision, string kind, bool clusters, bool untied) => new()
    {
        Model = new TransformerXLConfiguration
        {
            VocabularySize = 1,
            Layers = 2,
            ModelSize = 8,
            Heads = 2,
            InnerSize = 12,
            Dropout = 0.2f,
            TieWeights = !untied,
            Cutoffs = clusters ? [6, 12] : [],
        }.As(kind),
        Context = new ContextConfiguration { TargetLength = 6, MemoryLength = 8 },
        Training = new TrainingConfiguration
        {
            Steps = Steps,
            BatchSize = 2 * chunks,
            BatchChunks = chunks,
            LearningRate = 0.01,
            Precision = precision,
            Schedule = plateau ? ScheduleKind.Plateau : ScheduleKind.Cosine,
            Optimizer = new OptimizerOptions { Kind = optimizer, Momentum = optimizer == OptimizerKind.Sgd ? 0.9 : null },
            ValidateEvery = 2,
            CheckpointEvery = 2,
            ReportEvery = 1,
            SampleTokens = 0,
        },
    };
}
