using TransformerXL.Training.Schedules;

namespace TransformerXL.Training.Presets;

/// <summary>Models that a laptop trains in minutes. They take any vocabulary.</summary>
public static class LaptopPresets
{
    /// <summary>0.8 million parameters, half a minute: for a small text of characters such as tiny Shakespeare.</summary>
    public static Preset Tiny => new("tiny", "a first model of a small text of characters, in half a minute", 65, c => Modern(c, 0.002, 800) with
    {
        Model = c.Model with { Layers = 4, ModelSize = 128, Heads = 4, HeadSize = 32, InnerSize = 512, EmbeddingSize = 128, Dropout = 0, AttentionDropout = 0 },
        Context = c.Context with { TargetLength = 64, MemoryLength = 64 },
    });

    /// <summary>3.5 million parameters, some minutes: for texts of a few megabytes.</summary>
    public static Preset Small => new("small", "a model of some megabytes of text, in minutes", 205, c => Modern(c, 0.001, 2000) with
    {
        Model = c.Model with { Layers = 4, ModelSize = 256, Heads = 4, HeadSize = 64, InnerSize = 1024, EmbeddingSize = 256, Dropout = 0.1f, AttentionDropout = 0 },
        Context = c.Context with { TargetLength = 128, MemoryLength = 128 },
    });

    /// <summary>A higher rate than that of the large models, with a warm-up.</summary>
    private static RunConfiguration Modern(RunConfiguration c, double learningRate, long steps) => c with
    {
        Training = c.Training with
        {
            Steps = steps,
            BatchSize = 16,
            LearningRate = learningRate,
            Schedule = ScheduleKind.Cosine,
            WarmupSteps = 100,
            ClipNorm = 0.25,
            ValidateEvery = steps / 4,
        },
    };
}
