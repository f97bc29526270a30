using TransformerXL.Models;
using TransformerXL.Tensors.Kernels;
using TransformerXL.Tensors.Kernels.Inference;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Inference;

/// <summary>
/// A model reading a text without end: it remembers the projected keys and values of the last M tokens of each layer, so
/// that a new token costs one row of work. Time for a token and memory depend on M, never on how much was read, and after
/// the first tokens nothing is allocated. Equal to the model with its memory of hidden states (Dai et al. 2019, section 3).
/// </summary>
/// <remarks>
/// The weights must stay as they are while the session lives: after a training step make a new one. One thread at a time
/// may use a session, and one session at a time a backend.
/// </remarks>
public sealed class InferenceSession
{
    private readonly SessionWeights _weights;
    private readonly CpuBackend _backend;
    private readonly SessionWorkspace _workspace;
    private readonly SessionLayer[] _layers;
    private int _firstKey;
    private int _firstResult;
    private int _results;

    /// <summary>Creates a session that has read nothing.</summary>
    /// <param name="model">The weights.</param>
    /// <param name="backend">What computes.</param>
    /// <param name="options">The sizes.</param>
    /// <exception cref="InputException">The options are not valid.</exception>
    public InferenceSession(TransformerXLModel model, CpuBackend backend, InferenceOptions options)
        : this(Prepare(model, backend, options), backend, options)
    {
    }

    private InferenceSession(SessionWeights weights, CpuBackend backend, InferenceOptions options)
    {
        (_weights, _backend, Options) = (weights, backend, options);
        _workspace = new SessionWorkspace(Configuration, options.MaxSegment * options.Streams, options.Streams);
        _layers = new SessionLayer[Configuration.Layers];
        for (int layer = 0; layer < _layers.Length; layer++)
        {
            _layers[layer] = new SessionLayer(weights, layer, options);
        }
    }

    /// <summary>The sizes.</summary>
    public InferenceOptions Options { get; }

    /// <summary>The model that reads.</summary>
    public TransformerXLModel Model => _weights.Model;

    /// <summary>Tokens of each stream read since the beginning or the last <see cref="Reset"/>.</summary>
    public long Tokens { get; private set; }

    /// <summary>Tokens of each stream that are remembered, at most M.</summary>
    public int MemoryRows { get; private set; }

    /// <summary>Bytes of the keys and values that the session keeps; constant.</summary>
    public long MemoryBytes => _layers.Sum(layer => layer.Memory.Bytes);

    /// <summary>
    /// The hidden states of the last tokens read: (rows, B, d), as many as <see cref="Advance"/> was asked for, one after
    /// <see cref="Load"/> or <see cref="Fork"/>, none at the beginning. Overwritten by the next segment.
    /// </summary>
    public Tensor Hidden => _workspace.Hidden
        .Slice(_firstResult * Options.Streams, _results * Options.Streams)
        .Reshape(new Shape(_results, Options.Streams, Configuration.ModelSize));

    private ModelConfiguration Configuration => _weights.Model.Configuration;

    /// <summary>Reads the next tokens of every stream.</summary>
    /// <param name="ids">Token ids, time-major: id t of stream b at t B + b, (T, B) with T from 1 to <see cref="InferenceOptions.MaxSegment"/>.</param>
    /// <param name="results">Of how many of the last tokens hidden states are wanted; fewer is faster.</param>
    /// <exception cref="ArgumentException">The ids do not fill whole rows or are too many, or an id is outside the vocabulary.</exception>
    public void Advance(ReadOnlySpan<int> ids, int results = int.MaxValue)
    {
        int streams = Options.Streams, tokens = ids.Length / streams;
        if (ids.IsEmpty || ids.Length % streams != 0 || tokens > Options.MaxSegment)
        {
            throw new ArgumentException($"{ids.Length} ids are not from 1 to {Options.MaxSegment} tokens of each of {streams} streams", nameof(ids));
        }

        ArgumentOutOfRangeException.ThrowIfLessThan(results, 1);
        results = Math.Min(results, tokens);
        Embed(ids);
        MakeRoom(tokens);
        for (int layer = 0; layer < _layers.Length; layer++)
        {
            int wanted = layer == _layers.Length - 1 ? results * streams : ids.Length;
            _layers[layer].Forward(_backend, _workspace, _firstKey, MemoryRows, ids.Length, wanted);
        }

        int kept = Math.Min(Options.MemoryLength, MemoryRows + tokens);
        _firstKey += MemoryRows + tokens - kept;
        MemoryRows = kept;
        Tokens += tokens;
        (_firstResult, _results) = (tokens - results, results);
        GC.KeepAlive(this);
    }

    /// <summary>
    /// The logits of the token after the last one: (B, V), unnormalised log-probabilities. They are computed anew with each
    /// call into the same memory, which the caller may overwrite.
    /// </summary>
    /// <exception cref="InvalidOperationException">Nothing has been read.</exception>
    public Tensor Logits()
    {
        int streams = Options.Streams;
        RequireResults(1);
        Tensor last = _workspace.Hidden.Slice((_firstResult + _results - 1) * streams, streams);
        _backend.Linear(Projected(last), Model.SoftmaxWeight.Value, Model.SoftmaxBias.Value, _workspace.Logits);
        GC.KeepAlive(this);
        return _workspace.Logits;
    }

    /// <summary>The negative log-likelihood of given next tokens in nats; the logits of a large vocabulary are never stored.</summary>
    /// <param name="targets">The tokens that follow the last T tokens read: (T, B).</param>
    /// <param name="nll">Takes the result of each: (T, B).</param>
    /// <exception cref="ArgumentException">The numbers do not fit, or an id is outside the vocabulary.</exception>
    public void NegativeLogLikelihood(ReadOnlySpan<int> targets, Span<float> nll)
    {
        int streams = Options.Streams, rows = targets.Length / streams;
        if (targets.Length % streams != 0 || targets.Length != nll.Length)
        {
            throw new ArgumentException($"{targets.Length} targets of {streams} streams do not fill {nll.Length} results", nameof(targets));
        }

        RequireResults(rows);
        Tensor hidden = _workspace.Hidden.Slice((_firstResult + _results - rows) * streams, targets.Length);
        _backend.NegativeLogLikelihood(
            Projected(hidden), Model.SoftmaxWeight.Value, Model.SoftmaxBias.Value, targets, _workspace.Losses, nll);
        GC.KeepAlive(this);
    }

    /// <summary>Forgets everything that was read.</summary>
    public void Reset() => (_firstKey, MemoryRows, Tokens, _firstResult, _results) = (0, 0, 0, 0, 0);

    /// <summary>A session with a copy of this one's memory, which goes on independently. Weights and tables are shared.</summary>
    /// <param name="backend">What the copy computes with; the backend of this session if null.</param>
    public InferenceSession Fork(CpuBackend? backend = null)
    {
        InferenceSession fork = new(_weights, backend ?? _backend, Options) { Tokens = Tokens, MemoryRows = MemoryRows };
        for (int layer = 0; layer < _layers.Length; layer++)
        {
            _layers[layer].Memory.CopyToStart(_firstKey, MemoryRows, fork._layers[layer].Memory);
        }

        if (_results > 0)
        {
            fork.SetLastHidden(LastHidden.Span);
        }

        GC.KeepAlive(this);
        return fork;
    }

    /// <summary>Writes the memory to a safetensors file, all or nothing.</summary>
    /// <inheritdoc cref="Formats.AtomicFile.Write" path="/exception"/>
    public void Save(string path) => SessionFile.Save(path, this);

    /// <summary>Replaces the memory by one that <see cref="Save"/> wrote; after an error the session is as it was.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="InputException">The file is damaged, belongs to other weights or another number of streams, or remembers more than M tokens.</exception>
    public void Load(string path) => SessionFile.Load(path, this);

    /// <summary>The hidden states after the last token: (B, d), or empty at the beginning.</summary>
    internal Tensor LastHidden => _results == 0
        ? default
        : _workspace.Hidden.Slice((_firstResult + _results - 1) * Options.Streams, Options.Streams);

    /// <summary>The remembered keys beside values of a layer: (rows, B, 2 H d_h).</summary>
    internal Tensor ReadMemory(int layer)
    {
        KeyValueMemory memory = _layers[layer].Memory;
        Tensor rows = Tensor.Allocate(new Shape(MemoryRows, Options.Streams, 2 * memory.Heads * memory.HeadSize));
        memory.Read(_firstKey, rows);
        return rows;
    }

    /// <summary>Replaces the whole state.</summary>
    internal void Restore(long tokens, Tensor[] memories, ReadOnlySpan<float> lastHidden)
    {
        Reset();
        for (int layer = 0; layer < _layers.Length; layer++)
        {
            _layers[layer].Memory.Write(0, memories[layer]);
        }

        (Tokens, MemoryRows) = (tokens, memories[0].Shape[0]);
        if (!lastHidden.IsEmpty)
        {
            SetLastHidden(lastHidden);
        }
    }

    private static SessionWeights Prepare(TransformerXLModel model, CpuBackend backend, InferenceOptions options)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(backend);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        return new SessionWeights(model, backend, options);
    }

    private void Embed(ReadOnlySpan<int> ids)
    {
        Tensor hidden = _workspace.Hidden.Slice(0, ids.Length);
        if (Model.InputProjection is not { } projection)
        {
            _backend.Embedding(Model.Embedding.Value, ids, Model.EmbeddingScale, hidden);
            return;
        }

        Tensor embedded = _workspace.Embedded.Slice(0, ids.Length);
        _backend.Embedding(Model.Embedding.Value, ids, Model.EmbeddingScale, embedded);
        _backend.Linear(embedded, projection.Value, default, hidden);
    }

    /// <summary>Moves what is remembered to the beginning when the end is near; so far apart that it costs next to nothing for a token.</summary>
    private void MakeRoom(int tokens)
    {
        if (_firstKey + MemoryRows + tokens <= Options.Capacity)
        {
            return;
        }

        foreach (SessionLayer layer in _layers)
        {
            layer.Memory.CopyToStart(_firstKey, MemoryRows, layer.Memory);
        }

        _firstKey = 0;
    }

    /// <summary>Hidden states as the softmax wants them: (rows, d_embed).</summary>
    private Tensor Projected(Tensor hidden)
    {
        if (_weights.OutputProjection.IsEmpty)
        {
            return hidden;
        }

        Tensor projected = _workspace.Embedded.Slice(0, hidden.Shape.Rows);
        _backend.Linear(hidden, _weights.OutputProjection, default, projected);
        return projected;
    }

    private void SetLastHidden(ReadOnlySpan<float> values)
    {
        values.CopyTo(_workspace.Hidden.Span);
        (_firstResult, _results) = (0, 1);
    }

    private void RequireResults(int rows)
    {
        if (rows < 1 || rows > _results)
        {
            throw new InvalidOperationException($"results of {rows} tokens were asked for, but the session has those of {_results}");
        }
    }
}
