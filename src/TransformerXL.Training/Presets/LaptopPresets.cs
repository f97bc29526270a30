using TransformerXL.Models;
using TransformerXL.Tensors.Optimizers;
using TransformerXL.Training.Schedules;

namespace TransformerXL.Training.Presets;

/// <summary>Models that a laptop trains in minutes. They take any vocabulary.</summary>
public static class LaptopPresets
{
    /// <summary>0.9 million parameters, a minute: for a small text of characters such as tiny Shakespeare.</summary>
    public static Preset Tiny => new("tiny", "a first model of a small text of characters, in a minute", 65, c => c with
    {
        Model = UntieBiases(Sizes(c.Model with { Layers = 4, ModelSize = 128, EmbeddingSize = 128, Dropout = 0, InitialDeviation = NarrowDeviation }, heads: 4, headSize: 32, inner: 512)),
        Context = QuickContext,
        Training = Quick(c.Training with { Steps = 2000, BatchSize = 16, LearningRate = 0.002, Schedule = ScheduleKind.Linear, WarmupSteps = 100, ValidateEvery = 500 }),
    });

    /// <summary>3.5 million parameters, some minutes: for texts of a few megabytes.</summary>
    public static Preset Small => new("small", "a model of some megabytes of text, in minutes", 205, c => c with
    {
        Model = Sizes(c.Model with { Layers = 4, ModelSize = 256, EmbeddingSize = 256, Dropout = 0.1f }, heads: 4, headSize: 64, inner: 1024),
        Context = c.Context with { TargetLength = 128, MemoryLength = 128 },
        Training = c.Training with { Steps = 2000, BatchSize = 16, LearningRate = 0.001, Schedule = ScheduleKind.Cosine, WarmupSteps = 100, ClipNorm = 0.25, ValidateEvery = 500 },
    });

    /// <summary>
    /// Initial weights of a narrow model: with the usual 0.02 what a layer adds is small beside what it passes on for its first hundreds of
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

    private static ModelConfiguration Sizes(ModelConfiguration model, int heads, int headSize, int inner) => model is AttentionConfiguration attention
        ? attention with { Heads = heads, HeadSize = headSize, InnerSize = inner, AttentionDropout = 0 }
        : model;

    private static ModelConfiguration UntieBiases(ModelConfiguration model) => model is TransformerXLConfiguration relative
        ? relative with { UntieBiases = true }
        : model;
}
