using TransformerXL.Heads;
using TransformerXL.Models;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Tensors.Optimizers;
using TransformerXL.Testing;
using TransformerXL.Tests.Training.Tasks;
using TransformerXL.Text;
using TransformerXL.Training;
using TransformerXL.Training.Corpora;
using TransformerXL.Training.Footprint;
using TransformerXL.Training.Tasks;
using Xunit;

namespace TransformerXL.Tests.Training.Footprint;

public sealed class MemoryEstimateTests
{
    /// <summary>Models, lengths and batches whose steps are taken: L, d, heads, inner size, T, M, B, vocabulary.</summary>
    [Theory]
    [InlineData(Kinds.TransformerXL, 4, 128, 4, 512, 64, 64, 16, 200)]
    [InlineData(Kinds.TransformerXL, 4, 128, 4, 512, 64, 0, 16, 200)]
    [InlineData(Kinds.TransformerXL, 2, 128, 4, 256, 32, 128, 32, 20000)]
    [InlineData(Kinds.TransformerXL, 8, 64, 4, 256, 64, 64, 64, 200)]
    [InlineData(Kinds.TransformerXL, 2, 256, 4, 512, 128, 256, 8, 5000)]
    [InlineData(Kinds.Shaw, 4, 128, 4, 512, 64, 64, 16, 200)]
    [InlineData(Kinds.Vaswani, 4, 128, 4, 512, 64, 0, 16, 200)]
    [InlineData(Kinds.AlRfou, 4, 128, 4, 512, 64, 0, 16, 200)]
    [InlineData(Kinds.Lstm, 3, 192, 1, 512, 64, 64, 16, 200)]
    public void The_values_of_a_step_are_estimated_within_15_percent(
        string kind, int layers, int size, int heads, int inner, int target, int memory, int batch, int vocabulary)
    {
        ContextConfiguration context = new() { TargetLength = target, MemoryLength = memory };
        RequireNear(new TransformerXLConfiguration { VocabularySize = vocabulary, Layers = layers, ModelSize = size, Heads = heads, InnerSize = inner }.As(kind).For(vocabulary, context), context, batch);
    }

    [Theory]
    [InlineData(FeedForwardActivation.Gelu)]
    [InlineData(FeedForwardActivation.SwiGlu)]
    [InlineData(FeedForwardActivation.GeGlu)]
    public void The_values_of_each_activation_are_estimated_within_15_percent(FeedForwardActivation activation) => RequireNear(
        new TransformerXLConfiguration { VocabularySize = 200, Layers = 4, ModelSize = 128, Heads = 4, Activation = activation },
        new ContextConfiguration { TargetLength = 64, MemoryLength = 64 }, 16);

    [Theory]
    [InlineData(OptimizerKind.Adam, 4)]
    [InlineData(OptimizerKind.AdamW, 4)]
    [InlineData(OptimizerKind.Muon, 0.8)]
    public void Moments_in_bfloat16_save_half_of_their_bytes(OptimizerKind kind, double bytes) => Assert.Equal(bytes, Saved(kind, MomentPrecision.Bfloat16, WeightPrecision.Float32), 1);

    [Theory]
    [InlineData(MomentPrecision.Float8, WeightPrecision.Float32, 6)]
    [InlineData(MomentPrecision.Float32, WeightPrecision.Bfloat16, 2)]
    [InlineData(MomentPrecision.Float8, WeightPrecision.Bfloat16, 8)]
    public void Moments_of_8_bits_save_three_quarters_and_weights_in_bfloat16_half_of_their_bytes(MomentPrecision moments, WeightPrecision weights, double bytes) =>
        Assert.Equal(bytes, Saved(OptimizerKind.AdamW, moments, weights), 1);

    /// <summary>Bytes of each weight that an estimate is smaller by.</summary>
    private static double Saved(OptimizerKind kind, MomentPrecision moments, WeightPrecision weights)
    {
        RunConfiguration run = new() { Model = new TransformerXLConfiguration { VocabularySize = 200, Layers = 4, ModelSize = 128, Heads = 4 }, Context = new ContextConfiguration(), Training = new TrainingConfiguration() };
        double Total(MomentPrecision moments, WeightPrecision weights) =>
            MemoryEstimate.OfTraining(run with { Training = run.Training with { Weights = weights, Optimizer = new OptimizerOptions { Kind = kind, Moments = moments } } }).Total;
        return (Total(MomentPrecision.Float32, WeightPrecision.Float32) - Total(moments, weights)) / ModelFootprint.Parameters(run.Model.Resolve());
    }

    private static void RequireNear(ModelConfiguration model, ContextConfiguration context, int batch)
    {
        (int target, int memory) = (context.TargetLength, context.MemoryLength);
        TrainingConfiguration training = new() { BatchSize = batch };
        using CpuBackend backend = new(threads: 1);
        TrainingStep step = new(LanguageModel.Create(model), context, training, backend);
        int[] ids = new int[target * batch];
        for (int taken = 1; taken <= 1 + ((memory + target - 1) / target); taken++)
        {
            step.Run(ids, ids, taken, 1e-3);
        }

        StepFootprint footprint = new(model.Resolve(), context, batch);
        Assert.InRange(footprint.ArenaBytes() / step.BytesReserved, 0.85, 1.15);
        Assert.InRange(footprint.LentBytes() / step.BytesLent, 0.85, 1.15);
    }

    [Theory]
    [InlineData(TaskKind.Classify, HeadPooling.Last, 1, 32)]
    [InlineData(TaskKind.Classify, HeadPooling.Mean, 3, 32)]
    [InlineData(TaskKind.Classify, HeadPooling.Mean, 3, 32, 4)]
    [InlineData(TaskKind.Label, HeadPooling.Last, 1, 4)]
    [InlineData(TaskKind.Label, HeadPooling.Last, 1, 64)]
    [InlineData(TaskKind.Answer, HeadPooling.Last, 1, 8)]
    public async Task The_values_of_a_step_on_documents_are_estimated_within_15_percent_and_a_block(TaskKind kind, HeadPooling pooling, int segments, int target, int chunks = 1)
    {
        using TemporaryFolder folder = new();
        TaskConfiguration task = new() { Kind = kind, Pooling = pooling, SegmentsWithGradient = segments };
        CorpusOptions files = new()
        {
            TrainPath = kind switch
            {
                TaskKind.Classify => TaskFiles.Texts(folder, 160, 300, 1),
                TaskKind.Label => TaskFiles.Sentences(folder, 160, 1),
                _ => TaskFiles.Questions(folder, 160, 1),
            },
            Vocabulary = new VocabularyOptions { Kind = VocabularyKind.Words },
        };
        TaskExamples examples = TaskData.Load(files, task);
        RunConfiguration configuration = TaskFiles.Configuration(examples, files, task, steps: 10);
        configuration = configuration with
        {
            Model = (TransformerXLConfiguration)configuration.Model with { Layers = 4, ModelSize = 128, EmbeddingSize = 128, HeadSize = 32, Heads = 4, InnerSize = 512 },
            Context = new ContextConfiguration { TargetLength = target, MemoryLength = 32 },
            Training = configuration.Training with { BatchSize = 16, BatchChunks = chunks, ValidateEvery = 0 },
        };
        using CpuBackend backend = new(threads: 1);
        Trainer trainer = Trainer.Create(configuration, wanted => examples.CreateTask(wanted, backend), backend);
        await trainer.RunAsync();
        double estimate = new StepFootprint(configuration.Model.Resolve(), configuration.Context, 16 / chunks, examples.RowsOfSteps(configuration)).ArenaBytes();
        // Memory is taken in blocks.
        const double Block = 8 << 20;
        Assert.InRange(estimate, (0.85 * trainer.StepBytes) - Block, (1.15 * trainer.StepBytes) + Block);
    }

    [Fact]
    public void Chunks_of_a_batch_divide_the_values_of_a_step_and_nothing_else()
    {
        RunConfiguration whole = Configuration(new TrainingConfiguration { BatchSize = 64 });
        double Step(int chunks) => Part(whole with { Training = whole.Training with { BatchChunks = chunks } }, "values of a step");
        Assert.InRange(Step(1) / Step(8), 5, 10);
        Assert.Equal(Part(whole, "memory of the model"), Part(whole with { Training = whole.Training with { BatchChunks = 8 } }, "memory of the model"));
    }

    [Theory]
    [InlineData(OptimizerKind.Adam, 4)]
    [InlineData(OptimizerKind.Sgd, 2)]
    [InlineData(OptimizerKind.Adagrad, 3)]
    public void An_optimizer_keeps_values_beside_weight_and_gradient(OptimizerKind kind, int values)
    {
        RunConfiguration configuration = Configuration(new TrainingConfiguration { Optimizer = new OptimizerOptions { Kind = kind } });
        double lent = new StepFootprint(configuration.Model.Resolve(), configuration.Context, configuration.Training.BatchSize).LentBytes();
        Assert.Equal((4.0 * values * ModelFootprint.Parameters(configuration.Model)) - lent, Part(configuration, "weights, gradients and the optimizer"));
    }

    [Fact]
    public void A_size_beyond_every_machine_is_estimated_all_the_same() =>
        Assert.True(MemoryEstimate.OfTraining(Configuration(new TrainingConfiguration { BatchSize = 1 << 16 })).Total > 1e11);

    private static RunConfiguration Configuration(TrainingConfiguration training) => new()
    {
        Model = new TransformerXLConfiguration { VocabularySize = 200, Layers = 4, ModelSize = 256, Heads = 4 },
        Context = new ContextConfiguration { TargetLength = 128, MemoryLength = 128 },
        Training = training,
    };

    private static double Part(RunConfiguration configuration, string name) => MemoryEstimate.OfTraining(configuration).Parts.Single(part => part.Name == name).Bytes;
}
