using TransformerXL.Models;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Kernels;

namespace TransformerXL.Cli.Bench;

/// <summary>The mean nll of one segment of random tokens after another.</summary>
internal sealed class EvaluationWorkload : IWorkload
{
    private readonly TransformerXLModel _model;
    private readonly Tape _tape;
    private readonly HiddenMemory _memory;
    private readonly RandomTokens _tokens;
    private readonly int[] _inputs, _targets;

    public EvaluationWorkload(BenchModel bench, int batch, CpuBackend backend)
    {
        _model = new TransformerXLModel(bench.Model);
        (Context, Batch) = (bench.Evaluation, batch);
        _tape = new Tape(backend);
        _memory = _model.CreateMemory(Context.MemoryLength, batch);
        _tokens = new RandomTokens(Model.VocabularySize);
        _inputs = new int[Context.TargetLength * batch];
        _targets = new int[Context.TargetLength * batch];
    }

    public ModelConfiguration Model => _model.Configuration;

    public long Parameters => _model.Parameters.Values;

    public ContextConfiguration Context { get; }

    public double Dropout => 0;

    public int Batch { get; }

    public long TokensPerStep => _targets.Length;

    public double OperationsPerStep => ModelCost.Forward(Model, Context.TargetLength, Context.MemoryLength, Batch);

    public int StepsToFillMemory => (Context.MemoryLength + Context.TargetLength - 1) / Context.TargetLength;

    public void Step()
    {
        _tokens.Fill(_inputs);
        _tokens.Fill(_targets);
        _tape.BeginEvaluation();
        Variable hidden = _model.Forward(_tape, _tape.Allocate(_inputs), Batch, _memory, Context);
        _model.Loss(_tape, hidden, _tape.Allocate(_targets));
    }
}
