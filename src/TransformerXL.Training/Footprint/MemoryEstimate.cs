using TransformerXL.Inference;
using TransformerXL.Models;
using TransformerXL.Tensors;
using TransformerXL.Tensors.Optimizers;
using TransformerXL.Training.Schedules;

namespace TransformerXL.Training.Footprint;

/// <summary>
/// About how much memory work with a model needs, computed from its sizes before anything is allocated. Held against measured
/// peaks of trainings it is right within about 15 %.
/// </summary>
internal sealed class MemoryEstimate
{
    // The runtime, its compiled code, and the screen.
    private const double ProcessBytes = 70 << 20;
    private const int ValidationStreams = 8;

    private MemoryEstimate(params MemoryPart[] parts) => Parts = parts;

    /// <summary>The parts of the sum.</summary>
    public IReadOnlyList<MemoryPart> Parts { get; }

    /// <summary>The sum in bytes.</summary>
    public double Total => Parts.Sum(part => part.Bytes);

    /// <summary>A training.</summary>
    /// <param name="configuration">Model, lengths and recipe.</param>
    /// <param name="threads">Threads that compute.</param>
    /// <param name="processes">Processes that divide the batch; the sum is that of one of them.</param>
    /// <param name="documents">The steps of a training on documents; null for steps of one segment of a text.</param>
    /// <exception cref="InputException">The configuration of the model is not valid.</exception>
    public static MemoryEstimate OfTraining(RunConfiguration configuration, int threads = 1, int processes = 1, IReadOnlyList<DocumentRows>? documents = null)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        ModelConfiguration model = configuration.Model.Resolve();
        TrainingConfiguration training = configuration.Training;
        ContextConfiguration context = configuration.Context;
        double parameters = sizeof(float) * (double)ModelFootprint.Parameters(model);
        double ngrams = configuration.Head is { } head ? sizeof(float) * (double)head.NGramRows * head.Outputs : 0;
        int longest = new MemorySchedule(context, training).Longest;
        StepFootprint step = new(model, context with { MemoryLength = longest }, Math.Max(1, training.BatchSize / Math.Max(1, training.BatchChunks)), documents, training.Recompute);
        double ids = 4.0 * sizeof(int) * training.BatchSize * context.TargetLength;
        return new MemoryEstimate(
            new MemoryPart("weights, gradients and the optimizer", ((parameters + ngrams) * (2 + Moments(training.Optimizer) + GradientSum.LevelsOf(Math.Max(1, training.BatchChunks / processes)))) - (training.Weights == WeightPrecision.Bfloat16 ? parameters / 2 : 0) - step.LentBytes(), ["model.layers", "model.modelSize", "model.innerSize", "training.optimizer"]),
            new MemoryPart("values of a step", step.ArenaBytes() + step.SharedBytes() + (threads * step.WorkerBytes()) + ids, ["training.batchChunks", "training.batchSize", "context.targetLength", "context.memoryLength", "model.layers"]),
            new MemoryPart("memory of the model", Remembered(model, longest, training.BatchSize), ["training.batchSize", longest > context.MemoryLength ? "training.longMemoryLength" : "context.memoryLength", "model.layers"]),
            new MemoryPart("validation", training.ValidateEvery < 0 ? 0 : SessionBytes(model, context.MemoryLength, context.TargetLength, ValidationStreams, parameters), ["context.memoryLength", "model.layers"]),
            new MemoryPart("the program", ProcessBytes, []));
    }

    /// <summary>Reading a text, or writing one, with a model.</summary>
    /// <param name="configuration">The architecture.</param>
    /// <param name="options">The sizes.</param>
    /// <exception cref="InputException">The configuration of the model is not valid.</exception>
    public static MemoryEstimate OfSession(ModelConfiguration configuration, InferenceOptions options)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        ArgumentNullException.ThrowIfNull(options);
        ModelConfiguration model = configuration.Resolve();
        double weights = sizeof(float) * (double)ModelFootprint.Parameters(model);
        double copies = options.OwnsModel ? 0 : options.Precision == Precision.Float32 ? weights : 1.5 * weights;
        return new MemoryEstimate(
            new MemoryPart("weights", weights, ["model.layers", "model.modelSize", "model.innerSize"]),
            new MemoryPart("memory of the model", SessionBytes(model, options.MemoryLength, options.MaxSegment, options.Streams, copies), ["context.memoryLength", "training.batchSize", "model.layers"]),
            new MemoryPart("the program", ProcessBytes, []));
    }

    /// <summary>What a session allocates: keys and values, relative rows, packed weights, and rows of a segment.</summary>
    private static double SessionBytes(ModelConfiguration model, double memory, double segment, double streams, double weights)
    {
        double d = model.ModelSize, rows = segment * streams;
        if (model is not AttentionConfiguration attention)
        {
            return weights + (sizeof(float) * ((rows * (6 * d)) + (2 * model.Layers * streams * d)));
        }

        double width = (double)attention.Heads * attention.HeadSize, capacity = memory + segment + Math.Max(memory / 4, 32);
        double kept = model.Family.KeepsContext
            ? model.Layers * ((capacity * streams * 2 * width) + ((memory + segment) * width))
            : (model.Layers * memory * streams * d) + ((rows + (memory * streams)) * (d + (2 * width)) * model.Layers);
        return weights + (sizeof(float) * (kept + (rows * ((4 * width) + (3 * d) + attention.InnerWidth))));
    }

    private static double Remembered(ModelConfiguration model, double memory, double streams) =>
        sizeof(float) * model.Layers * streams * model.ModelSize * (!model.Family.HasAttention ? 2 : memory);

    /// <summary>Values that the optimizer keeps of each weight; of Muon about one, because matrices have one.</summary>
    private static double Moments(OptimizerOptions options) => options.Kind switch
    {
        OptimizerKind.Sgd => options.Momentum is null or 0 ? 0 : 1,
        OptimizerKind.Adagrad => 1,
        OptimizerKind.Muon => options.Moments switch { MomentPrecision.Float32 => 1.2, MomentPrecision.Bfloat16 => 1, _ => 0.9 },
        _ => options.Moments switch { MomentPrecision.Float32 => 2, MomentPrecision.Bfloat16 => 1, _ => 0.5 } + (options.AmsGrad ? 1 : 0),
    };
}
