using TransformerXL.Heads;
using TransformerXL.Models;
using TransformerXL.Tensors;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Cpu;

namespace TransformerXL.Cli.Bench;

/// <summary>Computes the hidden states of segments of random tokens with a model that reads both directions, as <c>embed</c> and tasks do.</summary>
internal sealed class EncodingWorkload : IWorkload
{
    private readonly LanguageModel _model;
    private readonly DocumentReader _reader;
    private readonly CpuBackend _backend;
    private readonly RandomTokens _tokens;
    private readonly int[] _ids, _lengths;

    /// <exception cref="InputException">The precision is int8.</exception>
    public EncodingWorkload(BenchModel bench, int batch, Precision precision, CpuBackend backend)
    {
        Require.That(precision != Precision.Int8, $"{bench.Name} reads a text in both directions; it can be read in float32 or bf16, not in int8", "precision");
        _model = LanguageModel.Create(bench.Model);
        (Context, Batch, Precision, _backend) = (bench.Evaluation, batch, precision, backend);
        _reader = new DocumentReader(_model, backend, Context, batch, new PreparedWeights(precision));
        _tokens = new RandomTokens(Model.VocabularySize);
        _ids = new int[Context.TargetLength * batch];
        _lengths = [.. Enumerable.Repeat(Context.TargetLength, batch)];
    }

    public ModelConfiguration Model => _model.Configuration;

    public long Parameters => _model.Parameters.Values;

    public ContextConfiguration Context { get; }

    public Precision Precision { get; }

    public double Dropout => 0;

    public int Batch { get; }

    public long TokensPerStep => _ids.Length;

    public double OperationsPerStep => EncoderCost.Hidden(Model, Context, Batch);

    public long BytesPerStep => 0;

    public int StepsToFillMemory => (Context.MemoryLength + Context.TargetLength - 1) / Context.TargetLength;

    public void Step()
    {
        _tokens.Fill(_ids);
        using BackendUse use = _backend.Enter();
        _reader.Read(_ids, _lengths);
    }
}
