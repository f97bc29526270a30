using TransformerXL.Tensors;
using TransformerXL.Tensors.Optimizers;
using TransformerXL.Training.Batches;
using TransformerXL.Training.Schedules;

namespace TransformerXL.Training;

/// <summary>How a model is trained.</summary>
public sealed record TrainingConfiguration
{
    /// <summary>Optimizer steps in all.</summary>
    public long Steps { get; init; } = 2000;

    /// <summary>B: parallel streams of text in one optimizer step.</summary>
    public int BatchSize { get; init; } = 16;

    /// <summary>
    /// Whether only the second half of each segment is predicted, so that every prediction has at least half a segment of context
    /// (the "half" loss of Dai et al. 2019, section 4.3, after Al-Rfou et al. 2018).
    /// </summary>
    public bool HalfLoss { get; init; }

    /// <summary>Parts that a batch is computed in, one after the other, to spare memory.</summary>
    public int BatchChunks { get; init; } = 1;

    /// <summary>
    /// Whether the values of a layer are computed again in the backward pass and not kept: less memory for about a quarter more time (Chen et al. 2016, "Training Deep Nets with Sublinear Memory Cost"). The weights
    /// get the same bits. For models with attention.
    /// </summary>
    public bool Recompute { get; init; }

    /// <summary>The order in which the text is read.</summary>
    public SegmentOrder Order { get; init; }

    /// <summary>How segment lengths are drawn if they vary.</summary>
    public VariableLengths VariableLengths { get; init; } = new();

    /// <summary>
    /// The longest memory of the steps that read more of it than the memory length of the context (<see cref="MemorySchedule"/>); 0 for none.
    /// Needs a clamp length.
    /// </summary>
    public int LongMemoryLength { get; init; }

    /// <summary>Share of the steps that read a longer memory, if <see cref="LongMemoryLength"/> is above 0.</summary>
    public double LongMemoryShare { get; init; } = 0.2;

    /// <summary>The highest learning rate.</summary>
    public double LearningRate { get; init; } = 0.00025;

    /// <summary>The shape of the learning rate after the warm-up.</summary>
    public ScheduleKind Schedule { get; init; } = ScheduleKind.Cosine;

    /// <summary>Steps over which the learning rate rises from zero.</summary>
    public long WarmupSteps { get; init; }

    /// <summary>The learning rate that cosine and linear end at, and below which the others but constant do not fall.</summary>
    public double MinimumLearningRate { get; init; }

    /// <summary>The factor that a plateau schedule applies to the learning rate.</summary>
    public double PlateauFactor { get; init; } = 0.5;

    /// <summary>Validations in a row without improvement that the schedule of a plateau lets pass.</summary>
    public int PlateauPatience { get; init; }

    /// <summary>Gradients are scaled down to this norm if theirs is larger; 0 for no limit.</summary>
    public double ClipNorm { get; init; } = 0.25;

    /// <summary>Whether the gradients of embeddings count into the norm and are scaled with the others.</summary>
    public bool ClipEmbeddings { get; init; } = true;

    /// <summary>The optimizer and its constants.</summary>
    public OptimizerOptions Optimizer { get; init; } = new();

    /// <summary>
    /// Of the operands of products with weights, forward and backward. Other settings say how weights and moments are kept; all else stays float32.
    /// Int8 is refused: it is for inference only.
    /// </summary>
    public Precision Precision { get; init; }

    /// <summary>How the weights are kept while they are trained (Adam, AdamW; models with attention).</summary>
    public WeightPrecision Weights { get; init; }

    /// <summary>Parameters that the optimizer's weight decay leaves alone.</summary>
    public DecayExclusions DecayExclusions { get; init; } = DecayExclusions.Biases | DecayExclusions.Norms;

    /// <summary>Dropout of the first step; that of the model if null.</summary>
    public float? InitialDropout { get; init; }

    /// <summary>Dropout of attention weights in the first step; that of the model if null.</summary>
    public float? InitialAttentionDropout { get; init; }

    /// <summary>Steps over which dropout goes from its initial rate to that of the model.</summary>
    public long DropoutSteps { get; init; }

    /// <summary>The seed of initial weights, dropout, samples, and of random orders and lengths.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Steps between two validations; 0 for none but the last.</summary>
    public long ValidateEvery { get; init; } = 500;

    /// <summary>
    /// Most tokens of the validation text that a validation reads, from its beginning; 0 for all. The default is enough to distinguish one
    /// set of weights from another, and a long text does not delay the training; an evaluation reads all.
    /// </summary>
    public long ValidationTokens { get; init; } = 100_000;

    /// <summary>Steps between two checkpoints; one is written at each validation too.</summary>
    public long CheckpointEvery { get; init; } = 500;

    /// <summary>Steps between two checkpoints whose weights are kept in addition to those of the last; 0 for none.</summary>
    public long KeepEvery { get; init; }

    /// <summary>Most checkpoints that are kept, the newest; 0 for all.</summary>
    public int KeepCount { get; init; }

    /// <summary>Validations in a row without a new best after which the training ends early; 0 for never.</summary>
    public int Patience { get; init; }

    /// <summary>Steps between two reports.</summary>
    public long ReportEvery { get; init; } = 10;

    /// <summary>Tokens of the sample that the model writes at each validation; 0 for none.</summary>
    public int SampleTokens { get; init; } = 200;

    /// <summary>Whether to repeat the learning rates of the reference implementation's first steps.</summary>
    public bool ReferenceQuirks { get; init; }

    /// <summary>Checks every value.</summary>
    /// <exception cref="InputException">A value is outside its allowed range; the message names both.</exception>
    public void Validate()
    {
        Require.Between("steps", Steps, 1, 1L << 31);
        Require.Between("batch size", BatchSize, 1, 1 << 16);
        Require.Between("batch chunks", BatchChunks, 1, BatchSize);
        Require.That(BatchSize % BatchChunks == 0, $"batch size {BatchSize} is not divisible by batch chunks {BatchChunks}", nameof(BatchChunks));
        Require.Known("order", Order);
        Require.Known("precision", Precision);
        Require.That(Precision != Precision.Int8, "the precision is Int8, which is for inference only; training takes Float32 or Bfloat16", nameof(Precision));
        Require.Known("precision of weights", Weights);
        Require.Present("variable lengths", VariableLengths);
        Require.Present("optimizer", Optimizer);
        Require.That(
            Weights == WeightPrecision.Float32 || Optimizer.Kind is OptimizerKind.Adam or OptimizerKind.AdamW,
            $"the precision of weights is {Weights}, which has no meaning for {Optimizer.Kind}; Adam and AdamW keep weights in bfloat16",
            nameof(Weights));
        Require.Within("variableLengths", VariableLengths.Validate);
        Require.Between("long memory length", LongMemoryLength, 0, 1 << 20);
        Require.That(LongMemoryShare is > 0 and <= 1, FormattableString.Invariant($"share of steps with a long memory is {LongMemoryShare}, but must be above 0 and at most 1"), nameof(LongMemoryShare));
        Require.NotNegative("clip norm", ClipNorm);
        Require.Between("steps between validations", ValidateEvery, 0, 1L << 31);
        Require.Between("validation tokens", ValidationTokens, 0, long.MaxValue);
        Require.Between("steps between checkpoints", CheckpointEvery, 1, 1L << 31);
        Require.Between("steps between reports", ReportEvery, 1, 1L << 31);
        Require.Between("sample tokens", SampleTokens, 0, 1 << 20);
        Require.Within("optimizer", () => OptimizerRules.Validate(Optimizer));
        Require.That((DecayExclusions & ~(DecayExclusions.Biases | DecayExclusions.Norms | DecayExclusions.Embeddings)) == 0, $"decay exclusions are {DecayExclusions}, but must be None or some of Biases, Norms, Embeddings", nameof(DecayExclusions));
        ValidateDropout();
        ValidateKeeping();
        ScheduleOptions().Validate();
        bool plateau = Schedule == ScheduleKind.Plateau;
        Require.That(!plateau || ValidateEvery > 0, "the schedule Plateau follows validations, but the steps between validations are 0", nameof(Schedule));
        Require.That(plateau || (PlateauFactor == 0.5 && PlateauPatience == 0), $"plateau factor and patience have no meaning for the schedule {Schedule}", PlateauFactor == 0.5 ? nameof(PlateauPatience) : nameof(PlateauFactor));
    }

    internal ScheduleOptions ScheduleOptions() => new()
    {
        Kind = Schedule,
        LearningRate = LearningRate,
        WarmupSteps = WarmupSteps,
        MaxSteps = Steps,
        MinimumRate = MinimumLearningRate,
        PlateauFactor = PlateauFactor,
        PlateauPatience = PlateauPatience,
        ReferenceQuirks = ReferenceQuirks,
    };

    private void ValidateDropout()
    {
        Require.Between("dropout steps", DropoutSteps, 0, 1L << 31);
        Require.Probability("initial dropout", InitialDropout ?? 0);
        Require.Probability("initial attention dropout", InitialAttentionDropout ?? 0);
        bool begins = InitialDropout is not null || InitialAttentionDropout is not null;
        Require.That(!begins || DropoutSteps > 0, "an initial dropout needs dropout steps, over which it goes to that of the model", nameof(DropoutSteps));
        Require.That(begins || DropoutSteps == 0, $"dropout steps are {DropoutSteps}, but there is no initial dropout to begin with", nameof(DropoutSteps));
    }

    private void ValidateKeeping()
    {
        Require.Between("steps between kept checkpoints", KeepEvery, 0, 1L << 31);
        Require.Between("kept checkpoints", KeepCount, 0, 1 << 20);
        Require.That(KeepCount == 0 || KeepEvery > 0, $"kept checkpoints are {KeepCount}, but the steps between kept checkpoints are 0", nameof(KeepCount));
        Require.Between("patience", Patience, 0, 1 << 20);
        Require.That(Patience == 0 || ValidateEvery > 0, $"patience is {Patience} validations, but the steps between validations are 0", nameof(Patience));
    }
}
