using TransformerXL.Models;
using TransformerXL.Tensors;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Training;

namespace TransformerXL.Cli.Bench;

/// <summary>Forward, backward, clipping and Adam on random tokens, with dropout 0.1.</summary>
internal sealed class TrainingWorkload : Workload
{
    private readonly TrainingStep _step;
    private readonly TrainingConfiguration _training;
    private readonly RandomTokens _tokens;
    private readonly int[] _inputs, _targets;
    private long _steps;

    public TrainingWorkload(BenchModel bench, int batch, Precision precision, CpuBackend backend)
        : this(bench.Model, bench.Training, bench.Recipe with { BatchSize = batch, Precision = precision }, backend)
    {
    }

    public TrainingWorkload(ModelConfiguration configuration, ContextConfiguration context, TrainingConfiguration training, CpuBackend backend)
        : base(LanguageModel.Create(configuration, training.Seed), context, training.BatchSize, training.Precision)
    {
        _training = training;
        _step = new TrainingStep(Network, context, training, backend);
        _tokens = new RandomTokens(configuration.VocabularySize);
        _inputs = new int[(context.TargetLength + context.ExtendedLength) * training.BatchSize];
        _targets = new int[context.TargetLength * training.BatchSize];
    }

    /// <summary>The training of a model on a text: next tokens, or masked tokens where it reads both directions.</summary>
    public static Workload Create(BenchModel bench, int batch, Precision precision, CpuBackend backend) =>
        bench.Model.IsCausal ? new TrainingWorkload(bench, batch, precision, backend) : MaskedWorkload.Create(bench, batch, precision, backend);

    public override double Dropout => Model.Dropout;

    public override double OperationsPerStep => ModelCost.Training(Model, Context.TargetLength + Context.ExtendedLength, Context.MemoryLength, Batch);

    public override void Step()
    {
        _tokens.Fill(_inputs);
        _tokens.Fill(_targets);
        _step.Run(_inputs, _targets, ++_steps, _training.LearningRate);
    }
}
