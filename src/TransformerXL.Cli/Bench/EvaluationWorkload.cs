using TransformerXL.Inference;
using TransformerXL.Models;
using TransformerXL.Tensors;
using TransformerXL.Tensors.Cpu;

namespace TransformerXL.Cli.Bench;

/// <summary>Computes the losses of consecutive segments of random tokens.</summary>
internal sealed class EvaluationWorkload : Workload
{
    private readonly InferenceSession _session;
    private readonly RandomTokens _tokens;
    private readonly int[] _inputs, _targets;
    private readonly float[] _nll;

    public EvaluationWorkload(BenchModel bench, int batch, Precision precision, CpuBackend backend)
        : base(LanguageModel.Create(bench.Model), bench.Evaluation, batch, precision)
    {
        _session = InferenceSession.Create(Network, backend, InferenceOptions.ForSegments(Context, batch, precision: precision) with { OwnsModel = true });
        _tokens = new RandomTokens(Model.VocabularySize);
        _inputs = new int[Context.TargetLength * batch];
        _targets = new int[Context.TargetLength * batch];
        _nll = new float[_targets.Length];
    }

    public override double OperationsPerStep => ModelCost.Forward(Model, Context.TargetLength, Context.MemoryLength, Batch, cachedKeys: true);

    public override void Step()
    {
        _tokens.Fill(_inputs);
        _tokens.Fill(_targets);
        _session.Advance(_inputs);
        _session.NegativeLogLikelihood(_targets, _nll);
    }
}
