using TransformerXL.Heads;
using TransformerXL.Models;
using TransformerXL.Tensors;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Testing;
using TransformerXL.Tests.Training.Tasks;
using TransformerXL.Text;
using TransformerXL.Training;
using TransformerXL.Training.Corpora;
using TransformerXL.Training.Footprint;
using TransformerXL.Training.Masking;
using TransformerXL.Training.Tasks;
using Xunit;

namespace TransformerXL.Tests.Training;

/// <summary>Layers that are computed again in the backward pass.</summary>
public sealed class RecomputeTests
{
    private static readonly TransformerXLConfiguration Model = new()
    {
        VocabularySize = 29,
        Layers = 6,
        ModelSize = 48,
        Heads = 3,
        InnerSize = 96,
        EmbeddingSize = 48,
        Dropout = 0.1f,
        AttentionDropout = 0.1f,
    };

    public static TheoryData<string, ModelConfiguration, Precision> Models => new()
    {
        { "post-norm", Model, Precision.Float32 },
        { "pre-norm, tied biases", Model with { PreNorm = true, UntieBiases = false, Activation = FeedForwardActivation.Gelu }, Precision.Float32 },
        { "bf16", Model with { Activation = FeedForwardActivation.SwiGlu }, Precision.Bfloat16 },
        { "shaw", Model.As(Kinds.Shaw, rows: 64), Precision.Float32 },
        { "vaswani", Model.As(Kinds.Vaswani, rows: 64), Precision.Float32 },
        { "al-rfou", Model.As(Kinds.AlRfou, rows: 64), Precision.Float32 },
    };

    [Theory]
    [MemberData(nameof(Models))]
    public void Weights_get_the_same_bits(string name, ModelConfiguration model, Precision precision)
    {
        ContextConfiguration context = new() { TargetLength = 16, MemoryLength = name is "vaswani" or "al-rfou" ? 0 : 24 };
        using CpuBackend backend = new(threads: 2);
        Assert.Equal(Train(false), Train(true));

        float[] Train(bool recompute)
        {
            LanguageModel trained = LanguageModel.Create(model, seed: 3);
            TrainingStep step = new(trained, context, new TrainingConfiguration { BatchSize = 4, BatchChunks = 2, Precision = precision, Recompute = recompute }, backend);
            Random random = new(5);
            for (int i = 1; i <= 4; i++)
            {
                int[] ids = [.. Enumerable.Range(0, 4 * 16).Select(_ => random.Next(29))];
                step.Run(ids, ids, i, 1e-3);
            }

            return Weights(trained);
        }
    }

    [Fact]
    public async Task Documents_with_gradients_through_several_segments_give_the_same_bits_in_the_estimated_memory()
    {
        using TemporaryFolder folder = new();
        TaskConfiguration task = new() { Kind = TaskKind.Classify, Pooling = HeadPooling.Mean, SegmentsWithGradient = 3 };
        CorpusOptions files = new() { TrainPath = TaskFiles.Texts(folder, 160, 300, 1), Vocabulary = new VocabularyOptions { Kind = VocabularyKind.Words } };
        TaskExamples examples = TaskData.Load(files, task);
        RunConfiguration configuration = TaskFiles.Configuration(examples, files, task, steps: 6);
        configuration = configuration with
        {
            Model = (TransformerXLConfiguration)configuration.Model with { Layers = 8, ModelSize = 96, EmbeddingSize = 96, HeadSize = 24, Heads = 4, InnerSize = 384, Dropout = 0.1f },
            Context = new ContextConfiguration { TargetLength = 32, MemoryLength = 32 },
            Training = configuration.Training with { BatchSize = 16, ValidateEvery = 0 },
        };
        using CpuBackend backend = new(threads: 2);
        Trainer kept = await TrainAsync(configuration), recomputed = await TrainAsync(configuration with { Training = configuration.Training with { Recompute = true } });
        Assert.Equal(Weights(kept.Model), Weights(recomputed.Model));
        // With six layers it is 0.61: what both keep at least, the loss and its gradients, counts for more.
        Assert.True(recomputed.StepBytes < 0.6 * kept.StepBytes, $"{recomputed.StepBytes} of {kept.StepBytes}");
        double estimate = new StepFootprint(configuration.Model.Resolve(), configuration.Context, 16, examples.RowsOfSteps(configuration), recomputes: true).ArenaBytes();
        const double Block = 8 << 20;
        Assert.InRange(estimate, (0.85 * recomputed.StepBytes) - Block, (1.15 * recomputed.StepBytes) + Block);

        async Task<Trainer> TrainAsync(RunConfiguration run)
        {
            Trainer trainer = Trainer.Create(run, wanted => examples.CreateTask(wanted, backend), backend);
            await trainer.RunAsync();
            return trainer;
        }
    }

    [Fact]
    public void A_part_within_a_part_is_refused()
    {
        using CpuBackend backend = new(threads: 1);
        Tape tape = new(backend) { Recomputes = true };
        tape.BeginTraining(1, 1);
        Parameter input = new("input", new Tensors.Memory.Shape(2, 3));
        Assert.Throws<InvalidOperationException>(() => tape.Recompute(input, x => tape.Recompute(x, y => tape.Add(y, y))));
    }

    [Fact]
    public void What_has_no_layers_with_attention_or_two_streams_is_refused()
    {
        static RunConfiguration Of(ModelConfiguration model) => new() { Model = model, Context = new ContextConfiguration(), Training = new TrainingConfiguration { Recompute = true } };
        Assert.Contains("has none", Assert.Throws<InputException>(Of(new LstmConfiguration { VocabularySize = 29 }).Validate).Message, StringComparison.Ordinal);
        RunConfiguration masked = Of(new EncoderConfiguration { VocabularySize = 29, Positions = EncoderPositions.Relative, TwoStreams = true });
        Assert.Contains("two streams", Assert.Throws<InputException>((masked with { Masking = new MaskingOptions { Objective = PretrainingObjective.Permutation } }).Validate).Message, StringComparison.Ordinal);
    }

    private static float[] Weights(LanguageModel model) => [.. model.Parameters.SelectMany(parameter => parameter.Value.Span.ToArray())];
}
