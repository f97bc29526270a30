using TransformerXL.Models;
using TransformerXL.Tensors.Kernels;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Inference;

/// <summary>A model of long short-term memory reading a text without end; after the first segment nothing is allocated.</summary>
internal sealed class LstmSession : InferenceSession
{
    private readonly LstmModel _model;
    private readonly LstmState _state;
    private readonly LstmSessionLayer[] _layers;
    private readonly SessionEmbedding _embedding;
    private readonly Tensor _embedded, _gates, _recurrent, _hidden;

    public LstmSession(LstmModel model, CpuBackend backend, InferenceOptions options)
        : base(model, backend, options)
    {
        ModelConfiguration configuration = model.Configuration;
        int rows = options.MaxSegment * options.Streams;
        _model = model;
        _state = model.CreateMemory(0, options.Streams);
        _layers = [.. model.Layers.Select(layer => new LstmSessionLayer(layer, backend, options))];
        _embedding = new SessionEmbedding(model, backend, options);
        _embedded = Tensor.Allocate(new Shape(rows, configuration.EmbeddingSize));
        _gates = Tensor.Allocate(new Shape(rows, 4 * configuration.ModelSize));
        _recurrent = Tensor.Allocate(new Shape(options.Streams, 4 * configuration.ModelSize));
        _hidden = Tensor.Allocate(new Shape(rows, configuration.ModelSize));
    }

    public override int MemoryRows => Tokens > 0 ? 1 : 0;

    public override long MemoryBytes => _state.Parts * _state.MostShape(0).Count * sizeof(float);

    internal override int Parts => _state.Parts;

    private protected override Tensor HiddenRows => _hidden;

    internal override string PartName(int part) => $"layers.{part / 2}.{(part % 2 == 0 ? 'h' : 'c')}";

    internal override Shape MostShape(int part) => _state.MostShape(part);

    internal override Tensor ReadPart(int part) => _state[part];

    private protected override void WriteParts(Tensor[] parts)
    {
        for (int part = 0; part < parts.Length; part++)
        {
            _state.Restore(part, parts[part].Shape[0], parts[part].Span);
        }
    }

    private protected override void Forget() => _state.Clear();

    private protected override InferenceSession Copy(CpuBackend backend)
    {
        LstmSession copy = new(_model, backend, Options);
        copy.WriteParts([.. Enumerable.Range(0, Parts).Select(ReadPart)]);
        return copy;
    }

    private protected override void Read(ReadOnlySpan<int> ids, int tokens, int results)
    {
        Tensor input = _embedded.Slice(0, ids.Length), gates = _gates.Slice(0, ids.Length), hidden = _hidden.Slice(0, ids.Length);
        _embedding.Embed(ids, Options.Streams, input);
        for (int layer = 0; layer < _layers.Length; layer++)
        {
            _layers[layer].Forward(Backend, input, gates, _state.HiddenOf(layer), _state.CellOf(layer), _recurrent, hidden);
            input = hidden;
        }
    }
}
