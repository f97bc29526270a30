using System.Text.Json;
using System.Text.Json.Nodes;
using TransformerXL.Models;
using TransformerXL.Tensors.Optimizers;
using TransformerXL.Text;
using TransformerXL.Training.Batches;
using TransformerXL.Training.Schedules;

namespace TransformerXL.Training.Presets;

/// <summary>
/// The models of Dai et al. 2019 with the values of the training and evaluation scripts of the reference implementation (<c>run_*.sh</c>,
/// and what <c>train.py</c> does by default). They were trained on several GPUs for days.
/// </summary>
public static class ReferencePresets
{
    /// <summary>12 layers on enwik8: 1.06 bits per character.</summary>
    public static Preset Enwik8Base => new("enwik8-base", "12 layers for enwik8, bytes", 256, With(
        Base, 512, steps: 400_000, batch: 22, Evaluation(80, 2100, 820), new VocabularyOptions { Kind = VocabularyKind.Bytes }));

    /// <summary>12 layers on text8.</summary>
    public static Preset Text8Base => new("text8-base", "12 layers for text8, characters", 27, With(
        Base, 512, steps: 400_000, batch: 22, Evaluation(80, 2100, 820), new VocabularyOptions { Kind = VocabularyKind.Characters }));

    /// <summary>24 layers on enwik8: 0.99 bits per character.</summary>
    public static Preset Enwik8Large => new("enwik8-large", "24 layers for enwik8, bytes", 256, With(
        Sizes(layers: 24, size: 1024, heads: 8, headSize: 128, inner: 3072, dropout: 0.15f, attentionDropout: 0.15f),
        768, steps: 400_000, batch: 64, Evaluation(128, 3800, 1000), new VocabularyOptions { Kind = VocabularyKind.Bytes }, warmup: 4000));

    /// <summary>16 layers on WikiText-103: perplexity 24.0.</summary>
    public static Preset WikiText103Base => new("wt103-base", "16 layers for WikiText-103, words", 267_735, With(
        Sizes(layers: 16, size: 410, heads: 10, headSize: 41, inner: 2100, dropout: 0.1f, attentionDropout: 0) with
        {
            Cutoffs = [20_000, 40_000, 200_000],
            TieProjections = ProjectionTying.AllButFirst,
        },
        150, steps: 200_000, batch: 60, Evaluation(64, 640, 400), new VocabularyOptions { Kind = VocabularyKind.Words }));

    /// <summary>18 layers on WikiText-103: perplexity 18.3.</summary>
    public static Preset WikiText103Large => new("wt103-large", "18 layers for WikiText-103, words", 267_735, With(
        Sizes(layers: 18, size: 1024, heads: 16, headSize: 64, inner: 4096, dropout: 0.2f, attentionDropout: 0.2f) with
        {
            Cutoffs = [20_000, 40_000, 200_000],
            EmbeddingDivisor = 4,
            TieProjections = ProjectionTying.AllButFirst,
        },
        384, steps: 4_000_000, batch: 128, Evaluation(128, 1600, 1000), new VocabularyOptions { Kind = VocabularyKind.Words }, warmup: 16_000));

    /// <summary>18 layers on the One Billion Word benchmark: perplexity 23.5.</summary>
    public static Preset OneBillionWordBase => new("lm1b-base", "18 layers for One Billion Word, words of shuffled sentences", 793_471, With(
        Sizes(layers: 18, size: 1024, heads: 8, headSize: 128, inner: 4096, dropout: 0, attentionDropout: 0) with
        {
            Cutoffs = [60_000, 100_000, 640_000],
            EmbeddingDivisor = 4,
        },
        32, steps: 500_000, batch: 224, Evaluation(32, 128, 0), new VocabularyOptions { Kind = VocabularyKind.Words, AddDoubleEos = true, MinFrequency = 3 }, warmup: 20_000, SegmentOrder.Sentences));

    private static TransformerXLConfiguration Base =>
        Sizes(layers: 12, size: 512, heads: 8, headSize: 64, inner: 2048, dropout: 0.1f, attentionDropout: 0);

    private static TransformerXLConfiguration Sizes(int layers, int size, int heads, int headSize, int inner, float dropout, float attentionDropout) => new()
    {
        VocabularySize = 0,
        Layers = layers,
        ModelSize = size,
        Heads = heads,
        HeadSize = headSize,
        InnerSize = inner,
        EmbeddingSize = size,
        PreNorm = false,
        FinalNorm = false,
        UntieBiases = false,
        Activation = FeedForwardActivation.Relu,
        TieWeights = true,
        TieProjections = ProjectionTying.None,
        Cutoffs = [],
        EmbeddingDivisor = 1,
        Dropout = dropout,
        AttentionDropout = attentionDropout,
        InitialDeviation = 0.02f,
        ProjectionDeviation = 0.01f,
    };

    private static ContextConfiguration Evaluation(int target, int memory, int clamp) =>
        new() { TargetLength = target, MemoryLength = memory, ClampLength = clamp, SameLength = true };

    private static JsonObject With(
        ModelConfiguration model, int length, long steps, int batch, ContextConfiguration evaluation, VocabularyOptions vocabulary, long warmup = 0, SegmentOrder order = SegmentOrder.Ordered)
    {
        JsonObject architecture = JsonSerializer.SerializeToNode(model, RunJson.Default.ModelConfiguration)!.AsObject();
        architecture.Remove("vocabularySize");
        return new JsonObject
        {
            ["model"] = architecture,
            ["context"] = Json(new ContextConfiguration { TargetLength = length, MemoryLength = length }),
            ["evaluation"] = Json(evaluation),
            ["corpus"] = new JsonObject { ["vocabulary"] = JsonSerializer.SerializeToNode(vocabulary, RunJson.Default.VocabularyOptions) },
            ["training"] = new JsonObject
            {
                ["steps"] = steps,
                ["batchSize"] = batch,
                ["batchChunks"] = 1,
                ["halfLoss"] = false,
                ["order"] = order.ToString(),
                ["learningRate"] = 0.00025,
                ["schedule"] = nameof(ScheduleKind.Cosine),
                ["warmupSteps"] = warmup,
                ["minimumLearningRate"] = 0,
                ["clipNorm"] = 0.25,
                ["clipEmbeddings"] = true,
                ["optimizer"] = JsonSerializer.SerializeToNode(new OptimizerOptions { Kind = OptimizerKind.Adam }, RunJson.Default.OptimizerOptions),
                ["validateEvery"] = 4000,
                ["validationTokens"] = 0,
            },
        };
    }

    private static JsonNode? Json(ContextConfiguration context) => JsonSerializer.SerializeToNode(context, RunJson.Default.ContextConfiguration);
}
