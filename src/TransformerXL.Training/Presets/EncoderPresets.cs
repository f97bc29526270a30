using System.Text.Json.Nodes;
using TransformerXL.Models;
using TransformerXL.Models.Families;
using TransformerXL.Tensors.Optimizers;
using TransformerXL.Text;
using TransformerXL.Training.Schedules;

namespace TransformerXL.Training.Presets;

/// <summary>
/// Encoders in the sizes of the published models: BERT (Devlin et al. 2019; the smaller ones: Turc et al. 2019) and RoBERTa (Liu et al. 2019). The small ones have a recipe for a laptop and segments of 128
/// tokens, with rows for 512 positions; the two base models have the published recipe, which took many processors days. <see cref="Laptop"/> has no published counterpart.
/// </summary>
public static class EncoderPresets
{
    private const int Positions = 512, BertTokens = 30_522, RobertaTokens = 50_265;

    /// <summary>
    /// 4 layers of 256 with relative positions, for a text of some megabytes: 5.5 million parameters. The distances of relative positions are of use from the first steps on; an encoder with learned positions
    /// predicts only frequent tokens for as long (docs/results.md).
    /// </summary>
    public static Preset Laptop => new("encoder", "encoder of 4 layers with relative positions, masked tokens, in minutes", 8192, new JsonObject
    {
        ["model"] = RelativeModel(4, 256),
        ["context"] = Lengths(128),
        ["corpus"] = Vocabulary(),
        // Muon needs fewer steps than Adam.
        ["training"] = Recipe(steps: 2500, batch: 32, rate: 0.002, warmup: 100, clip: 1, validateEvery: 500, new() { ["kind"] = nameof(OptimizerKind.Muon), ["momentum"] = 0.85, ["beta1"] = 0.9, ["beta2"] = 0.999, ["weightDecay"] = 0.01 }),
    });

    /// <summary>2 layers of 128: 4.4 million parameters.</summary>
    public static Preset BertTiny => Small("bert-tiny", "encoder of 2 layers, masked tokens, for a laptop", layers: 2, size: 128, rate: 0.001);

    /// <summary>4 layers of 256: 11 million parameters.</summary>
    public static Preset BertMini => Small("bert-mini", "encoder of 4 layers, masked tokens, for a laptop", layers: 4, size: 256, rate: 0.0007);

    /// <summary>4 layers of 512: 29 million parameters.</summary>
    public static Preset BertSmall => Small("bert-small", "encoder of 4 wider layers, masked tokens", layers: 4, size: 512, rate: 0.0005);

    /// <summary>12 layers of 768: 110 million parameters; the recipe of Devlin et al. 2019, appendix A.2.</summary>
    public static Preset BertBase => new("bert-base", "encoder of 12 layers, masked tokens, as published", BertTokens, new JsonObject
    {
        ["model"] = Model(12, 768, tokenTypes: 2, epsilon: 1e-12),
        ["context"] = Lengths(Positions),
        ["corpus"] = Vocabulary(),
        ["training"] = Recipe(steps: 1_000_000, batch: 256, rate: 0.0001, warmup: 10_000, clip: 1, validateEvery: 1000, Adam(beta2: 0.999)),
    });

    /// <summary>12 layers of 768 and more tokens: 124 million parameters; the recipe of Liu et al. 2019, table 9.</summary>
    public static Preset RobertaBase => new("roberta-base", "encoder of 12 layers, byte pairs, masked tokens, as published", RobertaTokens, new JsonObject
    {
        ["model"] = Model(12, 768, tokenTypes: 1, epsilon: 1e-5),
        ["context"] = Lengths(Positions),
        ["corpus"] = Vocabulary(),
        ["training"] = Recipe(steps: 500_000, batch: 8192, rate: 0.0006, warmup: 24_000, clip: 0, validateEvery: 1000, Adam(beta2: 0.98)),
    });

    private static Preset Small(string name, string summary, int layers, int size, double rate) => new(name, summary, BertTokens, new JsonObject
    {
        ["model"] = Model(layers, size, tokenTypes: 2, epsilon: 1e-12),
        ["context"] = Lengths(128),
        ["corpus"] = Vocabulary(),
        ["training"] = Recipe(steps: 10_000, batch: 32, rate, warmup: 500, clip: 1, validateEvery: 1000, Adam(beta2: 0.999)),
    });

    private static JsonObject Model(int layers, int size, int tokenTypes, double epsilon) => new()
    {
        ["kind"] = EncoderFamily.KindName,
        ["layers"] = layers,
        ["modelSize"] = size,
        ["heads"] = size / 64,
        ["headSize"] = 64,
        ["innerSize"] = 4 * size,
        ["embeddingSize"] = size,
        ["positionRows"] = Positions,
        ["tokenTypes"] = tokenTypes,
        ["layerNormEpsilon"] = epsilon,
        ["dropout"] = 0.1,
        ["attentionDropout"] = 0.1,
    };

    private static JsonObject RelativeModel(int layers, int size)
    {
        JsonObject model = Model(layers, size, tokenTypes: 2, epsilon: 1e-12);
        model.Remove("positionRows");
        (model["positions"], model["dropout"], model["attentionDropout"]) = (nameof(EncoderPositions.Relative), 0, 0);
        return model;
    }

    private static JsonObject Lengths(int target) => new() { ["targetLength"] = target, ["memoryLength"] = 0 };

    /// <summary>Without a size, so that a file of a vocabulary may be named instead.</summary>
    private static JsonObject Vocabulary() => new() { ["vocabulary"] = new JsonObject { ["kind"] = nameof(VocabularyKind.BytePairs) } };

    private static JsonObject Adam(double beta2) =>
        new() { ["kind"] = nameof(OptimizerKind.AdamW), ["beta1"] = 0.9, ["beta2"] = beta2, ["epsilon"] = 1e-6, ["weightDecay"] = 0.01 };

    private static JsonObject Recipe(long steps, int batch, double rate, long warmup, double clip, int validateEvery, JsonObject optimizer) => new()
    {
        ["steps"] = steps,
        ["batchSize"] = batch,
        ["learningRate"] = rate,
        ["schedule"] = nameof(ScheduleKind.Linear),
        ["warmupSteps"] = warmup,
        ["clipNorm"] = clip,
        ["validateEvery"] = validateEvery,
        ["optimizer"] = optimizer,
    };
}
