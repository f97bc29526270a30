using TransformerXL.Inference;
using TransformerXL.Models;
using TransformerXL.Tensors;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Tensors.Optimizers;
using TransformerXL.Training;
using TransformerXL.Training.Corpora;
using TransformerXL.Training.Schedules;
using Xunit;

namespace TransformerXL.Tests.Training;

/// <summary>The instruction set changes no bit of a training, of a validation, or of what a trained model predicts.</summary>
public sealed class InstructionSetTests
{
    private const int Steps = 12;

    public static TheoryData<string, OptimizerKind, ScheduleKind> Recipes
    {
        get
        {
            TheoryData<string, OptimizerKind, ScheduleKind> recipes = [];
            int count = 0;
            ScheduleKind[] schedules = Enum.GetValues<ScheduleKind>();
            foreach (string kind in Kinds.Causal)
            {
                foreach (OptimizerKind optimizer in Enum.GetValues<OptimizerKind>())
                {
                    recipes.Add(kind, optimizer, schedules[count++ % schedules.Length]);
                }
            }

            return recipes;
        }
    }

    [Theory]
    [MemberData(nameof(Recipes))]
    public void A_training_has_the_same_bits_on_every_instruction_set(string kind, OptimizerKind optimizer, ScheduleKind schedule)
    {
        using Corpus corpus = TinyRun.Corpus(60);
        (byte[] Weights, float[] Logits, TinyRun.Collector Reports) expected = Train(corpus, kind, optimizer, schedule, Isa.Scalar);
        foreach (Isa isa in Enum.GetValues<Isa>().Where(isa => isa != Isa.Scalar && CpuBackend.IsSupported(isa)))
        {
            (byte[] Weights, float[] Logits, TinyRun.Collector Reports) actual = Train(corpus, kind, optimizer, schedule, isa);
            Assert.Equal(expected.Reports.Steps.Select(step => (step.Loss, step.LearningRate, step.GradientNorm)), actual.Reports.Steps.Select(step => (step.Loss, step.LearningRate, step.GradientNorm)));
            Assert.Equal(Losses(expected.Reports), Losses(actual.Reports));
            Assert.True(expected.Weights.SequenceEqual(actual.Weights), $"weights of {isa}");
            Assert.True(expected.Logits.SequenceEqual(actual.Logits), $"logits of {isa}");
        }
    }

    private static IEnumerable<double> Losses(TinyRun.Collector reports) => reports.Reports.OfType<ValidationReport>().Select(report => report.Loss);

    private static (byte[] Weights, float[] Logits, TinyRun.Collector Reports) Train(Corpus corpus, string kind, OptimizerKind optimizer, ScheduleKind schedule, Isa isa)
    {
        using CpuBackend backend = new(isa, 2);
        RunConfiguration configuration = TinyRun.Configuration(corpus, Steps);
        configuration = configuration with
        {
            Model = ((AttentionConfiguration)configuration.Model with { HeadSize = 12 }).As(kind, rows: configuration.Context.TargetLength + configuration.Context.MemoryLength),
            Training = configuration.Training with { Optimizer = new OptimizerOptions { Kind = optimizer, WeightDecay = 0.01 }, Schedule = schedule, ValidateEvery = 4, SampleTokens = 0 },
        };
        TinyRun.Collector reports = new();
        Trainer trainer = Trainer.Create(configuration, corpus, backend);
        trainer.RunAsync(reports).GetAwaiter().GetResult();
        IEnumerable<float> logits = Logits(trainer.Model, backend, Precision.Float32);
        return (TinyRun.Weights(trainer.Model), [.. kind == Kinds.TransformerXL || Kinds.IsRecurrent(kind) ? logits.Concat(Logits(trainer.Model, backend, Precision.Int8)) : logits], reports);
    }

    /// <summary>After a chunk of many rows and after some tokens of one row each.</summary>
    private static float[] Logits(LanguageModel model, CpuBackend backend, Precision precision)
    {
        InferenceSession session = InferenceSession.Create(model, backend, new InferenceOptions { MemoryLength = 20, Precision = precision });
        int[] ids = [.. Enumerable.Range(0, 30).Select(i => i * 5 % model.Configuration.VocabularySize)];
        List<float> logits = [];
        session.Advance(ids.AsSpan(0, 12));
        logits.AddRange(session.Logits().Span);
        foreach (int id in ids.AsSpan(12))
        {
            session.Advance([id]);
            logits.AddRange(session.Logits().Span);
        }

        return [.. logits];
    }
}
