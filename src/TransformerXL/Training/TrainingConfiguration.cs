using TransformerXL.Data.Batches;
using TransformerXL.Tensors.Optimizers;
using TransformerXL.Training.Schedules;

namespace TransformerXL.Training;

/// <summary>How a model is trained.</summary>
public sealed record TrainingConfiguration
{
    /// <summary>Optimizer steps in all.</summary>
    public long Steps { get; init; } = 2000;

    /// <summary>B: parallel streams of text in one optimizer step.</summary>
    public int BatchSize { get; init; } = 16;

    /// <summary>Parts that a batch is computed in, one after the other, to spare memory.</summary>
    public int BatchChunks { get; init; } = 1;

    /// <summary>The order in which the text is read.</summary>
    public SegmentOrder Order { get; init; }

    /// <summary>How segment lengths are drawn if they vary.</summary>
    public VariableLengths VariableLengths
    {
        get;
        // Null is what the reader of JSON sets where an older file lacks it.
        init => field = value ?? new VariableLengths();
    } = new();

    /// <summary>The highest learning rate.</summary>
    public double LearningRate { get; init; } = 0.00025;

    /// <summary>How the learning rate goes on after the warm-up.</summary>
    public ScheduleKind Schedule { get; init; } = ScheduleKind.Cosine;

    /// <summary>Steps over which the learning rate rises from zero.</summary>
    public long WarmupSteps { get; init; }

    /// <summary>The learning rate that the cosine ends at.</summary>
    public double MinimumLearningRate { get; init; }

    /// <summary>Gradients are scaled down to this norm if theirs is larger; 0 for no limit.</summary>
    public double ClipNorm { get; init; } = 0.25;

    /// <summary>The constants of the optimizer.</summary>
    public AdamOptions Adam { get; init; } = new();

    /// <summary>Decides initial weights, dropout, samples, and the order or lengths of what is read at random.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Steps between two validations; 0 for none but the last.</summary>
    public long ValidateEvery { get; init; } = 500;

    /// <summary>Most tokens of the validation text that a validation reads; 0 for all.</summary>
    public long ValidationTokens { get; init; }

    /// <summary>Steps between two checkpoints; one is written at each validation too.</summary>
    public long CheckpointEvery { get; init; } = 500;

    /// <summary>Steps between two reports.</summary>
    public long ReportEvery { get; init; } = 10;

    /// <summary>Tokens of the sample that the model writes at each validation; 0 for none.</summary>
    public int SampleTokens { get; init; } = 200;

    /// <summary>Whether to repeat the learning rates of the reference implementation's first steps.</summary>
    public bool ReferenceQuirks { get; init; }

    /// <summary>Checks every value.</summary>
    /// <exception cref="InputException">A value is outside what is allowed; the message names both.</exception>
    public void Validate()
    {
        Require.Between("steps", Steps, 1, 1L << 31);
        Require.Between("batch size", BatchSize, 1, 1 << 16);
        Require.Between("batch chunks", BatchChunks, 1, BatchSize);
        Require.That(BatchSize % BatchChunks == 0, $"batch size {BatchSize} is not divisible by batch chunks {BatchChunks}");
        Require.That(Enum.IsDefined(Order), $"the order {(int)Order} is not known");
        VariableLengths.Validate();
        Require.NotNegative("clip norm", ClipNorm);
        Require.Between("steps between validations", ValidateEvery, 0, 1L << 31);
        Require.Between("validation tokens", ValidationTokens, 0, long.MaxValue);
        Require.Between("steps between checkpoints", CheckpointEvery, 1, 1L << 31);
        Require.Between("steps between reports", ReportEvery, 1, 1L << 31);
        Require.Between("sample tokens", SampleTokens, 0, 1 << 20);
        Require.Probability("Adam's beta 1", Adam.Beta1);
        Require.Probability("Adam's beta 2", Adam.Beta2);
        Require.Positive("Adam's epsilon", Adam.Epsilon);
        Require.NotNegative("weight decay", Adam.WeightDecay);
        ScheduleOptions().Validate();
    }

    internal ScheduleOptions ScheduleOptions() => new()
    {
        Kind = Schedule,
        LearningRate = LearningRate,
        WarmupSteps = WarmupSteps,
        MaxSteps = Steps,
        MinimumRate = MinimumLearningRate,
        ReferenceQuirks = ReferenceQuirks,
    };
}
