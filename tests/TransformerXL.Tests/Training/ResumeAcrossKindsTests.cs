using FsCheck;
using FsCheck.Fluent;
using TransformerXL.Models;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Tensors.Optimizers;
using TransformerXL.Testing;
using TransformerXL.Text;
using TransformerXL.Training;
using TransformerXL.Training.Batches;
using TransformerXL.Training.Corpora;
using TransformerXL.Training.Schedules;
using Xunit;

namespace TransformerXL.Tests.Training;

/// <summary>A stopped training is as good as one that was not, for every kind of model, vocabulary, order and recipe together.</summary>
public sealed class ResumeAcrossKindsTests
{
    private const int Steps = 14, Cases = 24;

    private static readonly VocabularyOptions[] s_vocabularies =
    [
        new(),
        new() { Kind = VocabularyKind.Bytes },
        new() { Kind = VocabularyKind.Words },
        new() { Kind = VocabularyKind.Words, AddDoubleEos = true },
        new() { Kind = VocabularyKind.BytePairs, MaxSize = 280 },
    ];

    private static readonly Gen<Draw> Draws =
        from kind in Gen.Elements<string>(Kinds.Causal)
        from vocabulary in Gen.Choose(0, s_vocabularies.Length - 1)
        from order in Gen.Elements(Enum.GetValues<SegmentOrder>())
        from optimizer in Gen.Elements(Enum.GetValues<OptimizerKind>())
        from schedule in Gen.Elements(Enum.GetValues<ScheduleKind>())
        from stop in Gen.Choose(1, Steps - 1)
        from bits in Gen.Choose(0, (1 << 12) - 1)
        select new Draw(kind, vocabulary, order, optimizer, schedule, stop, bits);

    [Fact]
    public void Whatever_is_trained_and_however_a_stopped_training_goes_on_to_the_same_bits()
    {
        Corpus[] corpora = [.. s_vocabularies.Select(vocabulary => TinyRun.Corpus(40, vocabulary))];
        using CpuBackend backend = new(null, 1);
        try
        {
            Prop.ForAll(Draws.ToArbitrary(), draw => Compare(draw, corpora[draw.Vocabulary], backend))
                .Check(Config.QuickThrowOnFailure.WithMaxTest(Cases));
        }
        finally
        {
            Array.ForEach(corpora, corpus => corpus.Dispose());
        }
    }

    private static bool Compare(Draw draw, Corpus corpus, CpuBackend backend)
    {
        RunConfiguration configuration = draw.Configuration(corpus);
        using TemporaryFolder folder = new();
        TinyRun.Collector whole = new(), second = new();
        Trainer uninterrupted = Trainer.Create(configuration, corpus, backend);
        TrainingState expected = uninterrupted.RunAsync(whole).GetAwaiter().GetResult().State;
        using CancellationTokenSource stop = new();
        TinyRun.Collector first = new(report =>
        {
            if (report is StepReport && report.Step == draw.Stop)
            {
                stop.Cancel();
            }
        });
        Trainer.Create(configuration, corpus, backend, folder["run"]).RunAsync(first, stop.Token).GetAwaiter().GetResult();
        Trainer resumed = Trainer.Resume(folder["run"], corpus, backend);
        TrainingState actual = resumed.RunAsync(second).GetAwaiter().GetResult().State;

        Assert.Equal(TinyRun.Weights(uninterrupted.Model), TinyRun.Weights(resumed.Model));
        Assert.Equal(whole.Steps.Select(s => (s.Loss, s.LearningRate)), first.Steps.Concat(second.Steps).Select(s => (s.Loss, s.LearningRate)));
        Assert.Equal((expected.Epoch, expected.NextSegment, expected.TokensSeen, expected.Rate), (actual.Epoch, actual.NextSegment, actual.TokensSeen, actual.Rate));
        return true;
    }

    /// <summary>One configuration; the bits switch what is on or off.</summary>
    private sealed record Draw(string Kind, int Vocabulary, SegmentOrder Order, OptimizerKind Optimizer, ScheduleKind Schedule, int Stop, int Bits)
    {
        public RunConfiguration Configuration(Corpus corpus)
        {
            ContextConfiguration context = new()
            {
                TargetLength = 6,
                MemoryLength = Is(0) ? 8 : 0,
                ExtendedLength = Is(1) && !Kinds.IsRecurrent(Kind) ? 3 : 0,
            };
            return new RunConfiguration { Model = Model(corpus).For(corpus.Vocabulary.Count, context), Context = context, Training = Training() };
        }

        private ModelConfiguration Model(Corpus corpus)
        {
            bool clusters = Is(2);
            return new TransformerXLConfiguration
            {
                VocabularySize = corpus.Vocabulary.Count,
                Layers = 1 + (Is(3) ? 1 : 0),
                ModelSize = 8,
                Heads = 2,
                InnerSize = 8,
                EmbeddingSize = Is(4) ? 4 : 8,
                Cutoffs = clusters ? [4, 8] : [],
                EmbeddingDivisor = clusters && Is(5) ? 2 : 1,
                TieWeights = Is(6),
                TieProjections = Is(7) ? ProjectionTying.AllButFirst : ProjectionTying.None,
                PreNorm = Is(8),
                UntieBiases = Is(9),
                Dropout = 0.2f,
                AttentionDropout = 0.1f,
            }.As(Kind);
        }

        private TrainingConfiguration Training() => new()
        {
            Steps = Steps,
            BatchSize = 2,
            BatchChunks = Is(10) ? 2 : 1,
            HalfLoss = Is(11),
            Order = Order,
            VariableLengths = new VariableLengths { Minimum = 3, Deviation = 2, HalfShare = 0.3 },
            LearningRate = 0.01,
            Schedule = Schedule,
            WarmupSteps = 3,
            Optimizer = new OptimizerOptions { Kind = Optimizer, Momentum = Optimizer == OptimizerKind.Sgd ? 0.9 : null, WeightDecay = 0.01 },
            ValidateEvery = 5,
            ValidationTokens = 60,
            CheckpointEvery = 4,
            ReportEvery = 1,
            SampleTokens = 0,
            Seed = (ulong)Bits,
        };

        private bool Is(int bit) => (Bits >> bit & 1) != 0;
    }
}
