using TransformerXL.Inference;
using TransformerXL.Models;
using TransformerXL.Tensors;
using TransformerXL.Tensors.Cpu;

namespace TransformerXL.Cli.Bench;

/// <summary>Computes the losses of consecutive segments of random tokens.</summary>
internal sealed class EvaluationWorkload : IWorkload
{
    private readonly LanguageModel _model;
    private readonly InferenceSession _session;
    private readonly RandomTokens _tokens;
    private readonly int[] _inputs, _targets;
    private readonly float[] _nll;

    public EvaluationWorkload(BenchModel bench, int batch, Precision precision, CpuBackend backend)
    {
        _model = LanguageModel.Create(bench.Model);
        (Context, Batch, Precision) = (bench.Evaluation, batch, precision);
        _session = InferenceSession.Create(_model, backend, InferenceOptions.ForSegments(Context, batch, precision: precision));
        _tokens = new RandomTokens(Model.VocabularySize);
        _inputs = new int[Context.TargetLength * batch];
        _targets = new int[Context.TargetLength * batch];
        _nll = new float[_targets.Length];
    }

    public ModelConfiguration Model => _model.Configuration;

    public long Parameters => _model.Parameters.Values;

    public ContextConfiguration Context { get; }

    public Precision Precision { get; }

    public double Dropout => 0;

    public int Batch { get; }

    public long TokensPerStep => _targets.Length;

    public double OperationsPerStep => ModelCost.Forward(Model, Context.TargetLength, Context.MemoryLength, Batch, cachedKeys: true);

    public long BytesPerStep => 0;

    public int StepsToFillMemory => (Context.MemoryLength + Context.TargetLength - 1) / Context.TargetLength;

    public void Step()
    {
        _tokens.Fill(_inputs);
        _tokens.Fill(_targets);
        _session.Advance(_inputs);
        _session.NegativeLogLikelihood(_targets, _nll);
    }
}
