using TransformerXL.Tensors;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Inference;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Models;

/// <summary>
/// The projected keys and values of the last M tokens in each layer, so that a new token costs one row of work; equal to the
/// memory of hidden states, whose keys and values are computed again with every segment (Dai et al. 2019, section 3). The
/// relative rows r of all distances are computed once and shared by copies. Nothing is allocated after the first tokens.
/// </summary>
internal sealed class KeyValueCache : ModelState, IAttentionCache
{
    private readonly TransformerXLModel _model;
    private readonly CacheSizes _sizes;
    private readonly RelativeTable[] _relative;
    private readonly KeyValueMemory[] _layers;
    private int _first;
    private int _rows;

    /// <summary>Is told of each attention after it was computed; null for nobody.</summary>
    internal AttentionObserver? Observer { get; set; }

    /// <summary>Creates an empty cache and projects the relative rows.</summary>
    /// <param name="model">The weights.</param>
    /// <param name="backend">The backend that computes.</param>
    /// <param name="sizes">The sizes.</param>
    /// <param name="ownsModel">Whether nothing else reads the weights, so that those of the relative rows are freed.</param>
    public KeyValueCache(TransformerXLModel model, Backend backend, CacheSizes sizes, bool ownsModel)
        : base(sizes.Streams)
    {
        (_model, _sizes, _relative) = (model, sizes, ProjectRelative(model, backend, sizes, ownsModel));
        AttentionConfiguration configuration = model.Configuration;
        _layers = [.. _relative.Select(_ => backend.CreateKeyValueMemory(sizes.Capacity, sizes.Streams, configuration.Heads, configuration.HeadSize, sizes.Precision))];
    }

    /// <summary>An empty cache with the sizes and relative rows of another one.</summary>
    private KeyValueCache(KeyValueCache like)
        : base(like.Streams) =>
        (_model, _sizes, _relative, _layers) = (like._model, like._sizes, like._relative, like._layers[0].CreateEmpty(like._layers.Length));

    public override int Rows => _rows;

    public override long Bytes => _layers.Sum(layer => layer.Bytes);

    public override int Parts => _layers.Length;

    internal override int MaxTokens => _sizes.MaxTokens;

    /// <summary>The remembered keys beside values of a layer: (rows, B, 2 H d_h).</summary>
    public override Tensor this[int part]
    {
        get
        {
            Tensor rows = Tensor.Allocate(MaxShape(part).WithFirst(_rows));
            _layers[part].Read(_first, rows);
            return rows;
        }
    }

    public override Shape MaxShape(int part) => new(_sizes.MemoryLength, Streams, 2 * _layers[part].Heads * _layers[part].HeadSize);

    public override void Clear() => (_first, _rows) = (0, 0);

    /// <summary>Replaces a part; all parts must be given the same number of rows.</summary>
    public override void Restore(int part, int rows, ReadOnlySpan<float> states)
    {
        (_first, _rows) = (0, rows);
        _layers[part].Write(0, Tensor.From(MaxShape(part).WithFirst(rows), states));
    }

    public void Begin(int tokens)
    {
        // Rows move to the beginning so seldom that it costs next to nothing for a token.
        if (_first + _rows + tokens > _sizes.Capacity)
        {
            foreach (KeyValueMemory layer in _layers)
            {
                layer.CopyToStart(_first, _rows, layer);
            }

            _first = 0;
        }
    }

    public Variable Attend(Tape tape, int layer, RelativeAttention attention, Variable projected, int results)
    {
        int tokens = projected.Shape[0], width = projected.Shape[2] / 3;
        Variable output = tape.Constant(tape.Allocate(new Shape(results, Streams, width)));
        _layers[layer].Write(_first + _rows, projected.Value);

        // Segment by segment, each with the last M rows before it; only the tokens whose results are wanted.
        for (int first = 0; first < tokens; first += _sizes.SharedQueries)
        {
            int end = Math.Min(tokens, first + _sizes.SharedQueries), begin = Math.Max(first, tokens - results);
            if (begin < end)
            {
                int memory = Math.Min(_sizes.MemoryLength, _rows + first);
                Attend(
                    tape, layer, attention, projected.Value.Slice(begin, end - begin), _first + _rows + first - memory, memory + end - first,
                    output.Value.Slice(begin - (tokens - results), end - begin));
            }
        }

        return output;
    }

    /// <summary>Appends the key and value of one token of a batch of caches, from its row of q, k and v (1, 3 H d_h); returns what the token attends to.</summary>
    public CachedKeys Append(int layer, Tensor projected)
    {
        _layers[layer].Write(_first + _rows, projected);
        int memory = Math.Min(_sizes.MemoryLength, _rows);
        return new CachedKeys(_layers[layer], _first + _rows - memory, memory + 1);
    }

    /// <summary>Attention of one token of each of several caches with the sizes and relative rows of this one: rows of q, k and v (B, 3 H d_h) give rows (B, H d_h).</summary>
    public void AttendTokens(Tape tape, int layer, RelativeAttention attention, Tensor projected, ReadOnlySpan<CachedKeys> keys, Tensor output)
    {
        Tensor logSumExp = tape.Allocate(new Shape(keys.Length, _layers[layer].Heads));
        tape.Backend.Attention(projected, keys, _relative[layer], attention.U.Value, attention.V.Value, _sizes.MaxDistance, logSumExp, output);
        tape.Release(logSumExp);
    }

    public void End(int tokens)
    {
        int kept = Math.Min(_sizes.MemoryLength, _rows + tokens);
        _first += _rows + tokens - kept;
        _rows = kept;
    }

    internal override string PartName(int part) => $"layers.{part}.keys_values";

    internal override ModelState Copy()
    {
        KeyValueCache copy = new(this);
        copy.Assign(this);
        return copy;
    }

    internal override void Assign(ModelState other)
    {
        KeyValueCache source = (KeyValueCache)other;
        for (int layer = 0; layer < _layers.Length; layer++)
        {
            source._layers[layer].CopyToStart(source._first, source._rows, _layers[layer]);
        }

        (_first, _rows) = (0, source._rows);
    }

    private void Attend(Tape tape, int layer, RelativeAttention attention, Tensor queries, int firstKey, int keys, Tensor output)
    {
        KeyValueMemory memory = _layers[layer];
        Tensor logSumExp = tape.Allocate(new Shape(queries.Shape.Rows, memory.Heads));
        tape.Backend.Attention(
            queries, memory, firstKey, keys, _relative[layer], attention.U.Value, attention.V.Value, _sizes.MaxDistance, logSumExp, output);
        Observer?.Take(tape.Backend, layer, attention, queries, memory, firstKey, keys, _sizes.ClampLength);
        tape.Release(logSumExp);
    }

    /// <summary>r = R Wk,R^T for every distance within memory and segment.</summary>
    private static RelativeTable[] ProjectRelative(TransformerXLModel model, Backend backend, CacheSizes sizes, bool ownsModel)
    {
        int distances = sizes.MemoryLength + sizes.SharedQueries;
        Tensor sinusoids = new Sinusoids(model.Configuration.ModelSize).Descending(distances, sizes.ClampLength);
        Tensor rows = Tensor.Allocate(new Shape(distances, model.Configuration.Heads * model.Configuration.HeadSize));
        RelativeTable[] tables = new RelativeTable[model.Layers.Count];
        for (int layer = 0; layer < tables.Length; layer++)
        {
            Parameter weight = ((RelativeAttention)model.Layers[layer].Attention).Relative;
            weight.RequireValue();
            backend.Linear(sinusoids, weight.Rows(0, weight.Shape[0]), default, rows);
            tables[layer] = backend.CreateRelativeTable(rows, model.Configuration.Heads, sizes.Precision);
            if (ownsModel)
            {
                weight.FreeValue();
            }
        }

        return tables;
    }
}
