using TransformerXL.Inference;
using TransformerXL.Inference.Sampling;
using TransformerXL.Models;
using TransformerXL.Tensors;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Tensors.Inference;
using TransformerXL.Tensors.Random;

namespace TransformerXL.Cli.Bench;

/// <summary>Generates tokens of all streams, one step after the other, at temperature 1.</summary>
internal sealed class GenerationWorkload : Workload
{
    private readonly InferenceSession _session;
    private readonly Sampler _sampler;
    private readonly RandomStream _random = new(seed: 1);
    private readonly int[] _tokens;
    private readonly bool _usesTiles;

    public GenerationWorkload(BenchModel bench, int batch, Precision precision, CpuBackend backend)
        : base(LanguageModel.Create(bench.Model), new ContextConfiguration { TargetLength = 1, MemoryLength = bench.GenerationMemory }, batch, precision)
    {
        _usesTiles = precision == Precision.Bfloat16 && backend.UsesBfloat16;
        _session = InferenceSession.Create(Network, backend, InferenceOptions.ForSegments(Context, batch, precision: precision) with { OwnsModel = true });
        _sampler = new Sampler(new SamplingOptions { Temperature = 1 }, Model.VocabularySize);
        _tokens = new int[batch];
    }

    public override double OperationsPerStep => ModelCost.Forward(Model, 1, Context.MemoryLength, Batch, cachedKeys: true);

    /// <summary>
    /// The bytes of the weights (without those that are only used to compute the table of relative rows), of that table, and of the keys and values of every stream; of a recurrent model those of the weights.
    /// </summary>
    public override long BytesPerStep
    {
        get
        {
            long heads = Model is AttentionConfiguration attention ? (long)attention.Heads * attention.HeadSize : 0, rows = (1 + (2L * Batch)) * Context.MemoryLength;
            return (WeightBytes * (Parameters - (Model.Layers * heads * Model.ModelSize))) + (KeptBytes * Model.Layers * heads * rows);
        }
    }

    // Many streams read packed bfloat16 weights: two bytes per value for tiles, float32 otherwise.
    private long WeightBytes => Precision switch
    {
        Precision.Int8 => sizeof(sbyte),
        Precision.Bfloat16 when Batch <= InferenceOperations.FewRows || _usesTiles => sizeof(ushort),
        _ => sizeof(float),
    };

    private long KeptBytes => _session.Options.Precision == Precision.Float32 ? sizeof(float) : sizeof(ushort);

    public override void Step()
    {
        _session.Advance(_tokens);
        Span<float> logits = _session.Logits().Span;
        int vocabulary = Model.VocabularySize;
        for (int stream = 0; stream < Batch; stream++)
        {
            _tokens[stream] = _sampler.Next(logits.Slice(stream * vocabulary, vocabulary), _random.NextDouble());
        }
    }
}
