using TransformerXL.Heads;
using TransformerXL.Models;
using TransformerXL.Tensors;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Cpu;

namespace TransformerXL.Cli.Bench;

/// <summary>Computes the hidden states of segments of random tokens with a model that reads both directions, as <c>embed</c> and tasks do.</summary>
internal sealed class EncodingWorkload : Workload
{
    private readonly DocumentReader _reader;
    private readonly CpuBackend _backend;
    private readonly RandomTokens _tokens;
    private readonly int[] _ids, _lengths;

    public EncodingWorkload(BenchModel bench, int batch, Precision precision, CpuBackend backend)
        : base(LanguageModel.Create(bench.Model), bench.Evaluation, batch, precision)
    {
        _backend = backend;
        _reader = new DocumentReader(Network, backend, Context, batch, new PreparedWeights(precision, ownsParameters: true));
        _tokens = new RandomTokens(Model.VocabularySize);
        _ids = new int[Context.TargetLength * batch];
        _lengths = [.. Enumerable.Repeat(Context.TargetLength, batch)];
    }

    public override double OperationsPerStep => EncoderCost.Hidden(Model, Context, Batch);

    public override void Step()
    {
        _tokens.Fill(_ids);
        using BackendUse use = _backend.Enter();
        _reader.Read(_ids, _lengths);
    }
}
