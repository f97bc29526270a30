using TransformerXL.Models;
using TransformerXL.Tensors.Kernels;
using TransformerXL.Tensors.Kernels.Inference;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Inference;

/// <summary>
/// A Transformer-XL that remembers the projected keys and values of the last M tokens of each layer, so that a new token costs
/// one row of work; after the first tokens nothing is allocated. Equal to the model with its memory of hidden states (Dai et
/// al. 2019, section 3).
/// </summary>
internal sealed class KeyValueSession : InferenceSession
{
    private readonly SessionWeights _weights;
    private readonly SessionWorkspace _workspace;
    private readonly SessionLayer[] _layers;
    private readonly SessionEmbedding _embedding;
    private int _firstKey;
    private int _memoryRows;

    public KeyValueSession(TransformerXLModel model, CpuBackend backend, InferenceOptions options)
        : this(new SessionWeights(model, backend, options), backend, options)
    {
    }

    private KeyValueSession(SessionWeights weights, CpuBackend backend, InferenceOptions options)
        : base(weights.Model, backend, options)
    {
        _weights = weights;
        _workspace = new SessionWorkspace(weights.Model.Configuration, options.MaxSegment * options.Streams);
        _layers = new SessionLayer[weights.Model.Configuration.Layers];
        for (int layer = 0; layer < _layers.Length; layer++)
        {
            _layers[layer] = new SessionLayer(weights, layer, options);
        }

        _embedding = new SessionEmbedding(weights.Model, backend, options);
    }

    public override int MemoryRows => _memoryRows;

    public override long MemoryBytes => _layers.Sum(layer => layer.Memory.Bytes);

    /// <summary>What this session and its forks share.</summary>
    internal SessionWeights Weights => _weights;

    internal override int Parts => _layers.Length;

    private protected override Tensor HiddenRows => _workspace.Hidden;

    internal override string PartName(int part) => $"layers.{part}.keys_values";

    internal override Shape MostShape(int part) =>
        new(Options.MemoryLength, Options.Streams, 2 * _layers[part].Memory.Heads * _layers[part].Memory.HeadSize);

    /// <summary>The remembered keys beside values of a layer: (rows, B, 2 H d_h).</summary>
    internal override Tensor ReadPart(int part)
    {
        Tensor rows = Tensor.Allocate(MostShape(part).WithFirst(_memoryRows));
        _layers[part].Memory.Read(_firstKey, rows);
        return rows;
    }

    private protected override void WriteParts(Tensor[] parts)
    {
        for (int layer = 0; layer < _layers.Length; layer++)
        {
            _layers[layer].Memory.Write(0, parts[layer]);
        }

        _memoryRows = parts[0].Shape[0];
    }

    private protected override void Forget() => (_firstKey, _memoryRows) = (0, 0);

    private protected override InferenceSession Copy(CpuBackend backend)
    {
        KeyValueSession copy = new(_weights, backend, Options) { _memoryRows = _memoryRows };
        for (int layer = 0; layer < _layers.Length; layer++)
        {
            _layers[layer].Memory.CopyToStart(_firstKey, _memoryRows, copy._layers[layer].Memory);
        }

        return copy;
    }

    private protected override void Read(ReadOnlySpan<int> ids, int tokens, int results)
    {
        _embedding.Embed(ids, Options.Streams, _workspace.Hidden.Slice(0, ids.Length));
        MakeRoom(tokens);
        for (int layer = 0; layer < _layers.Length; layer++)
        {
            int wanted = layer == _layers.Length - 1 ? results * Options.Streams : ids.Length;
            _layers[layer].Forward(Backend, _workspace, _firstKey, _memoryRows, ids.Length, wanted);
        }

        if (_weights.Model.FinalNorm is { } norm)
        {
            int wanted = results * Options.Streams;
            Tensor last = _workspace.Hidden.Slice(ids.Length - wanted, wanted);
            Backend.LayerNorm(last, default, norm.Gain.Value, norm.Bias.Value, _workspace.Statistics, last);
        }

        int kept = Math.Min(Options.MemoryLength, _memoryRows + tokens);
        _firstKey += _memoryRows + tokens - kept;
        _memoryRows = kept;
    }

    /// <summary>Moves what is remembered to the beginning when the end is near; so far apart that it costs next to nothing for a token.</summary>
    private void MakeRoom(int tokens)
    {
        if (_firstKey + _memoryRows + tokens <= Options.Capacity)
        {
            return;
        }

        foreach (SessionLayer layer in _layers)
        {
            layer.Memory.CopyToStart(_firstKey, _memoryRows, layer.Memory);
        }

        _firstKey = 0;
    }
}
