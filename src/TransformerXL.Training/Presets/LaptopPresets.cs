using System.Text.Json;
using System.Text.Json.Nodes;
using TransformerXL.Models;
using TransformerXL.Tensors.Optimizers;
using TransformerXL.Training.Batches;
using TransformerXL.Training.Schedules;

namespace TransformerXL.Training.Presets;

/// <summary>Models that a laptop trains in minutes. They take any vocabulary.</summary>
public static class LaptopPresets
{
    /// <summary>0.9 million parameters, a minute: for a small text of characters such as tiny Shakespeare.</summary>
    public static Preset Tiny => new("tiny", "a first model of a small text of characters, in a minute", 65, new JsonObject
    {
        ["model"] = new JsonObject
        {
            ["layers"] = 4,
            ["modelSize"] = 128,
            ["heads"] = 4,
            ["activation"] = nameof(FeedForwardActivation.SwiGlu),
            ["dropout"] = 0,
            ["attentionDropout"] = 0,
            ["initialDeviation"] = NarrowDeviation,
            ["untieBiases"] = true,
        },
        ["context"] = JsonSerializer.SerializeToNode(QuickContext, RunJson.Default.ContextConfiguration),
        ["training"] = QuickTraining(3000),
    });

    /// <summary>3.5 million parameters, some minutes: for texts of a few megabytes.</summary>
    public static Preset Small => new("small", "a model of some megabytes of text, in minutes", 205, new JsonObject
    {
        ["model"] = new JsonObject
        {
            ["layers"] = 4,
            ["modelSize"] = 256,
            ["heads"] = 4,
            ["activation"] = nameof(FeedForwardActivation.SwiGlu),
            ["dropout"] = 0,
            ["attentionDropout"] = 0,
            ["initialDeviation"] = 0.04,
            ["untieBiases"] = true,
        },
        ["context"] = new JsonObject { ["targetLength"] = 128, ["memoryLength"] = 128 },
        ["training"] = QuickTraining(2000),
    });

    /// <summary>
    /// Initial weights of a narrow model: with the usual 0.02 what a layer adds is small compared with what it passes on for its first hundreds of
    /// steps.
    /// </summary>
    public const float NarrowDeviation = 0.06f;

    /// <summary>For a model that is trained for a minute: it learns more from many short segments than from few long ones.</summary>
    public static ContextConfiguration QuickContext => new() { TargetLength = 32, MemoryLength = 32 };

    /// <summary>
    /// For a model that is trained for a minute: Muon, which needs fewer steps than Adam; what is no matrix forgets the
    /// gradients of its beginning sooner than is usual, and the gradient is clipped less.
    /// </summary>
    public static TrainingConfiguration Quick(TrainingConfiguration training)
    {
        ArgumentNullException.ThrowIfNull(training);
        return training with { ClipNorm = 1, Optimizer = new() { Kind = OptimizerKind.Muon, Momentum = 0.85, MatrixRate = 3.5, Beta1 = 0.85, Beta2 = 0.95 } };
    }

    private static JsonObject QuickTraining(int steps)
    {
        TrainingConfiguration quick = Quick(new TrainingConfiguration());
        return new JsonObject
        {
            ["steps"] = steps,
            ["batchSize"] = 16,
            ["order"] = nameof(SegmentOrder.Shuffled),
            ["learningRate"] = 0.002,
            ["schedule"] = nameof(ScheduleKind.Linear),
            ["warmupSteps"] = 100,
            ["validateEvery"] = 500,
            ["clipNorm"] = quick.ClipNorm,
            ["optimizer"] = JsonSerializer.SerializeToNode(quick.Optimizer with { WeightDecay = 0.1 }, RunJson.Default.OptimizerOptions),
        };
    }
}
