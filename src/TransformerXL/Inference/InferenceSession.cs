using TransformerXL.Files;
using TransformerXL.Models;
using TransformerXL.Tensors;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Inference;

/// <summary>
/// A model reading a text without end, with what it remembers of it: time for a token and memory depend on the model and its
/// memory length, never on how much was read. Forks share the prepared weights and the working memory, so that another
/// session costs its state alone.
/// </summary>
/// <remarks>
/// The weights must stay as they are while the session lives: after a training step make a new one. One thread at a time
/// may use a session, and one session at a time a backend: a call while another thread uses the backend throws an
/// <see cref="InvalidOperationException"/> and changes nothing. <see cref="Fork"/> takes a session to another backend.
/// </remarks>
public sealed partial class InferenceSession
{
    private readonly ContextConfiguration _context;
    private readonly TokenTail? _tail;
    private InferenceEngine _engine;
    private Tensor _hidden;
    private int _results;

    private InferenceSession(InferenceEngine engine, InferenceOptions options, ModelState state)
    {
        (_engine, Options, State) = (engine, options, state);
        _tail = options.Streams == 1 ? new TokenTail() : null;
        _context = new ContextConfiguration
        {
            TargetLength = Math.Min(state.MaxTokens, options.MaxSegment),
            MemoryLength = options.MemoryLength,
            ClampLength = options.ClampLength,
            SameLength = options.SameLength && state is not TokenWindow,
        };
    }

    /// <summary>The sizes.</summary>
    public InferenceOptions Options { get; }

    /// <summary>The model that reads.</summary>
    public LanguageModel Model => _engine.Model;

    /// <summary>Tokens of each stream read since the beginning or the last <see cref="Reset"/>.</summary>
    public long Tokens { get; private set; }

    /// <summary>Tokens of each stream that are remembered, at most M.</summary>
    public int MemoryRows => State.Rows;

    /// <summary>Bytes of what the session remembers; constant.</summary>
    public long MemoryBytes => State.Bytes + (Learner?.Bytes ?? 0);

    /// <summary>
    /// The hidden states of the last tokens read: (rows, B, d), the number requested from <see cref="Advance"/>, one after
    /// <see cref="Load(string)"/> or <see cref="Fork"/>, none at the beginning. Overwritten by the next segment.
    /// </summary>
    public Tensor Hidden => _hidden.IsEmpty
        ? Tensor.Allocate(new Shape(0, Options.Streams, Model.Configuration.HiddenWidth))
        : _hidden.Slice(0, _results);

    /// <summary>
    /// The last tokens of the text, oldest first: at most <see cref="TokenTail.Capacity"/>, without the start token (the first that was read). None for several
    /// streams, and none of those before a state was loaded from a file without them.
    /// </summary>
    internal int[] LastTokens(int max) => _tail?.Last((int)Math.Min(max, Math.Max(0, Tokens - 1))) ?? [];

    /// <summary>The last of <see cref="LastTokens"/>; null if there is none.</summary>
    internal int? LastToken => LastTokens(1) is [int last] ? last : null;

    /// <summary>The last tokens that were read, the start token included.</summary>
    internal int[] Tail => _tail?.Last(TokenTail.Capacity) ?? [];

    /// <summary>What is remembered.</summary>
    internal ModelState State { get; private set; }

    /// <summary>Tokens whose hidden states <see cref="Hidden"/> has.</summary>
    internal int Results => _results;

    /// <summary>The hidden states after the last token: (B, d), or empty at the beginning.</summary>
    internal Tensor LastHidden => _results == 0
        ? default
        : _hidden.Slice(_results - 1, 1).Reshape(new Shape(Options.Streams, Model.Configuration.HiddenWidth));

    /// <summary>The backend that computes.</summary>
    internal Backend Backend => _engine.Backend;

    /// <summary>What this session and its forks share.</summary>
    internal InferenceEngine Engine => _engine;

    /// <summary>Creates a session that has read nothing.</summary>
    /// <param name="model">The weights.</param>
    /// <param name="backend">The backend that computes.</param>
    /// <param name="options">The sizes.</param>
    /// <exception cref="InputException">The options are not valid, or the model cannot be computed in the precision.</exception>
    public static InferenceSession Create(LanguageModel model, Backend backend, InferenceOptions options)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(backend);
        ArgumentNullException.ThrowIfNull(options);
        return Create(new InferenceEngine(model, backend, new PreparedWeights(options.Precision, options.OwnsModel)), options);
    }

    /// <summary>Creates a session that shares prepared weights and working memory with others.</summary>
    /// <exception cref="InputException">The options are not valid, or the model cannot be computed in the precision.</exception>
    internal static InferenceSession Create(InferenceEngine engine, InferenceOptions options)
    {
        options.Validate();
        engine.Model.RequireCausal("generate a text or read one from left to right");
        InferencePrecision.Check(engine.Model.Configuration, options.Precision);
        using BackendUse use = engine.Backend.Enter();
        return new InferenceSession(engine, options, engine.Model.Configuration.Family.CreateState(engine.Model, engine.Backend, options));
    }

    /// <summary>Reads the next tokens of every stream.</summary>
    /// <param name="ids">Token ids, time-major: id t of stream b at t B + b, (T, B) with T from 1 to <see cref="InferenceOptions.MaxSegment"/>.</param>
    /// <param name="results">Of how many of the last tokens hidden states are wanted; fewer is faster.</param>
    /// <exception cref="ArgumentException">The ids do not fill whole rows or are too many, or an id is outside the vocabulary.</exception>
    public void Advance(ReadOnlySpan<int> ids, int results = int.MaxValue)
    {
        using BackendUse use = Backend.Enter();
        AdvanceAll(ids, results, null, nameof(ids));
    }

    /// <summary>Reads the next tokens of every stream and gives the hidden states of chosen layers.</summary>
    /// <param name="ids">Token ids, time-major: id t of stream b at t B + b, (T, B) with T from 1 to <see cref="InferenceOptions.MaxSegment"/>.</param>
    /// <param name="layers">The layers, in any order: 0 for the input of the first (the embeddings), N for the output of the model, as <see cref="Hidden"/> has it.</param>
    /// <param name="results">Of how many of the last tokens hidden states are wanted.</param>
    /// <returns>For each of the layers a copy: (results, B, d).</returns>
    /// <exception cref="ArgumentException">The ids do not fill whole rows or are too many, an id is outside the vocabulary, or there is no such layer; nothing was read.</exception>
    public IReadOnlyList<Tensor> AdvanceThrough(ReadOnlySpan<int> ids, ReadOnlySpan<int> layers, int results = int.MaxValue)
    {
        using BackendUse use = Backend.Enter();
        ArgumentOutOfRangeException.ThrowIfLessThan(results, 1);
        int count = Model.Configuration.Layers;
        foreach (int layer in layers)
        {
            if (layer < 0 || layer > count)
            {
                throw new ArgumentOutOfRangeException(nameof(layers), layer, $"layer {layer} is not from 0 (the embeddings) to {count} (the output)");
            }
        }

        HiddenCapture capture = new(layers, new Shape(Math.Min(results, ids.Length / Options.Streams), Options.Streams, Model.Configuration.HiddenWidth));
        AdvanceAll(ids, results, capture, nameof(ids));
        return capture.States;
    }

    /// <summary>Reads the next token of the only stream and gives what each head attended to.</summary>
    /// <param name="id">The token.</param>
    /// <exception cref="InputException">The model is not a Transformer-XL; or the session has several streams, or owns its model.</exception>
    /// <exception cref="ArgumentException">The id is outside the vocabulary; nothing was read.</exception>
    public TokenAttention AdvanceWithAttention(int id)
    {
        using BackendUse use = Backend.Enter();
        KeyValueCache cache = State as KeyValueCache
            ?? throw new InputException($"the model is of the kind {Model.Configuration.Family.Name}, but only a transformer-xl shows what a token of a session attends to");
        Require.That(Options.Streams == 1, $"the session has {Options.Streams} streams, but attention is shown for one");
        Require.That(!Options.OwnsModel, "the session owns its model and has freed the weights of the relative rows, which the attention of a token needs");
        AttentionObserver observer = new(Model.Configuration.Layers, ((AttentionConfiguration)Model.Configuration).Heads);
        cache.Observer = observer;
        try
        {
            AdvanceAll([id], 1, null, nameof(id));
        }
        finally
        {
            cache.Observer = null;
        }

        int positions = observer.Weights[0].Length;
        return new TokenAttention(Model.Configuration.Layers, observer.Weights, _tail!.Last(positions));
    }

    private void AdvanceAll(ReadOnlySpan<int> ids, int results, HiddenCapture? capture, string name)
    {
        int streams = Options.Streams, tokens = ids.Length / streams;
        if (ids.IsEmpty || ids.Length % streams != 0 || tokens > Options.MaxSegment)
        {
            throw new ArgumentException($"{ids.Length} ids are not from 1 to {Options.MaxSegment} tokens of each of {streams} streams", nameof(ids));
        }

        ArgumentOutOfRangeException.ThrowIfLessThan(results, 1);
        CheckIds(ids, name);
        results = Math.Min(results, tokens);
        Read(ids, tokens, results, capture);
        Tokens += tokens;
        _results = results;
        _tail?.Add(ids);
        GC.KeepAlive(this);
    }

    /// <summary>
    /// The logits of the token after the last one: (B, V), unnormalised log-probabilities. They are computed again with each
    /// call, into memory that the caller may overwrite and that the next call of any session with this backend's working
    /// memory (this one and its forks) takes back.
    /// </summary>
    /// <exception cref="InvalidOperationException">Nothing has been read.</exception>
    public Tensor Logits()
    {
        using BackendUse use = Backend.Enter();
        RequireResults(1);
        Tensor logits = _engine.Logits(LastHidden);
        GC.KeepAlive(this);
        return logits;
    }

    /// <summary>The logits of the token after one of those whose results the last <see cref="Advance"/> gave, from 0 for the first: (B, V).</summary>
    internal Tensor LogitsAfter(int row) => LogitsAfter(row, 1);

    /// <summary>
    /// The logits of the tokens after some of those whose results the last <see cref="Advance"/> gave: (rows B, V). Up to <see cref="Tensors.Inference.InferenceOperations.FewRows"/>
    /// rows together give the bits that each gives alone.
    /// </summary>
    internal Tensor LogitsAfter(int row, int rows)
    {
        using BackendUse use = Backend.Enter();
        RequireResults(row + rows);
        Tensor logits = _engine.Logits(_hidden.Slice(row, rows).Reshape(new Shape(rows * Options.Streams, Model.Configuration.HiddenWidth)));
        GC.KeepAlive(this);
        return logits;
    }

    /// <summary>The negative log-likelihood of given next tokens in nats; the logits of a large vocabulary are never stored.</summary>
    /// <param name="targets">The tokens that follow the last T tokens read: (T, B).</param>
    /// <param name="nll">Takes the result of each: (T, B).</param>
    /// <exception cref="ArgumentException">The numbers do not fit, or an id is outside the vocabulary.</exception>
    /// <exception cref="NotFiniteException">A loss is not finite, because the weights are damaged or too large.</exception>
    public void NegativeLogLikelihood(ReadOnlySpan<int> targets, Span<float> nll)
    {
        using BackendUse use = Backend.Enter();
        int streams = Options.Streams, rows = targets.Length / streams;
        if (targets.Length % streams != 0 || targets.Length != nll.Length)
        {
            throw new ArgumentException($"{targets.Length} targets of {streams} streams do not fill {nll.Length} results", nameof(targets));
        }

        CheckIds(targets, nameof(targets));
        RequireResults(rows);
        Likelihood(targets, nll, _results - rows);
    }

    /// <summary>The same for the targets after the first of those tokens whose results the last <see cref="Advance"/> gave, of one stream.</summary>
    internal void NegativeLogLikelihoodFromFirst(ReadOnlySpan<int> targets, Span<float> nll)
    {
        using BackendUse use = Backend.Enter();
        RequireResults(targets.Length);
        Likelihood(targets, nll, 0);
    }

    /// <summary>The losses of targets after tokens that begin at a row of the results.</summary>
    private void Likelihood(ReadOnlySpan<int> targets, Span<float> nll, int row)
    {
        int streams = Options.Streams, rows = targets.Length / streams;
        Tensor hidden = _hidden.Slice(row, rows).Reshape(new Shape(targets.Length, Model.Configuration.HiddenWidth));
        _engine.NegativeLogLikelihood(hidden, targets, nll);
        FiniteLosses.Check(nll, streams, Tokens - _results + row + 1, Model);
        GC.KeepAlive(this);
    }

    /// <summary>Forgets everything that was read.</summary>
    public void Reset()
    {
        using BackendUse use = Backend.Enter();
        State.Clear();
        (Tokens, _results) = (0, 0);
        _tail?.Clear();
    }

    /// <summary>A session with a copy of this one's memory, which goes on independently. Weights and tables are shared. The copy of a session that learns does not learn.</summary>
    /// <param name="backend">What the copy computes with; the backend of this session if null.</param>
    /// <exception cref="ArgumentException">The backend is of another class than that of this session.</exception>
    public InferenceSession Fork(Backend? backend = null)
    {
        using BackendUse use = Backend.Enter();
        using BackendUse other = (backend ?? Backend).Enter();
        InferenceSession fork = new(_engine.On(backend ?? _engine.Backend), Options, State.Copy()) { Tokens = Tokens };
        fork._tail?.Assign(_tail!);
        if (_results > 0)
        {
            fork.SetLastHidden(LastHidden.Span);
        }

        GC.KeepAlive(this);
        return fork;
    }

    /// <summary>Replaces what this session remembers by what another one of the same weights and sizes does, which may be on another backend.</summary>
    internal void Assign(InferenceSession other)
    {
        using BackendUse use = Backend.Enter();
        using BackendUse theirs = other.Backend.Enter();
        State.Assign(other.State);
        (Tokens, _results) = (other.Tokens, 0);
        _tail?.Assign(other._tail!);
        if (other._results > 0)
        {
            SetLastHidden(other.LastHidden.Span);
        }

        GC.KeepAlive(other);
    }

    /// <summary>Whether one session is a fork of the other, or of one that both are forks of.</summary>
    internal bool SharesWeightsWith(InferenceSession other) => other.Options == Options && other._engine.Weights == _engine.Weights;

    /// <summary>Writes the memory to a safetensors file, all or nothing.</summary>
    /// <inheritdoc cref="AtomicFile.Write" path="/exception"/>
    public void Save(string path)
    {
        using BackendUse use = Backend.Enter();
        SessionFile.Save(path, this);
    }

    /// <summary>Replaces the memory by one that <see cref="Save(string)"/> wrote; after an error the session is as it was.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="InputException">The file is damaged, belongs to other weights or another number of streams, or remembers more than M tokens.</exception>
    public void Load(string path)
    {
        using BackendUse use = Backend.Enter();
        SessionFile.Load(path, this);
    }

    /// <summary>Writes the memory to a stream in the format of <see cref="Save(string)"/>. The stream is not closed.</summary>
    /// <param name="stream">Where to; it need not be seekable.</param>
    public void Save(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        using BackendUse use = Backend.Enter();
        SessionFile.Save(stream, this);
    }

    /// <summary>Replaces the memory by one that <see cref="Save(Stream)"/> or <see cref="Save(string)"/> wrote; after an error the session is as it was.</summary>
    /// <param name="stream">Is read to its end, but not beyond what a session of these sizes can have; it is not closed and need not be seekable.</param>
    /// <exception cref="InputException">The contents are damaged, belong to other weights or another number of streams, or remember more than M tokens.</exception>
    public void Load(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        using BackendUse use = Backend.Enter();
        SessionFile.Load(stream, this);
    }

    /// <summary>Replaces the whole state by parts that fit.</summary>
    internal void Restore(long tokens, Tensor[] parts, ReadOnlySpan<float> lastHidden, ReadOnlySpan<int> tail)
    {
        Reset();
        for (int part = 0; part < parts.Length; part++)
        {
            State.Restore(part, parts[part].IsEmpty ? 0 : parts[part].Shape[0], parts[part].IsEmpty ? [] : parts[part].Span);
        }

        Tokens = tokens;
        _tail?.Add(tail);
        if (!lastHidden.IsEmpty)
        {
            SetLastHidden(lastHidden);
        }
    }

    /// <summary>Takes over the hidden states after one more token, which was read together with other sessions.</summary>
    internal void TakeToken(int id, ReadOnlySpan<float> hidden)
    {
        Tokens++;
        _tail?.Add([id]);
        SetLastHidden(hidden);
    }

    /// <summary>Forward passes over the tokens; the hidden states of the last <paramref name="results"/> are kept.</summary>
    private void Read(ReadOnlySpan<int> ids, int tokens, int results, HiddenCapture? capture)
    {
        int streams = Options.Streams, unwanted = tokens - results;
        Reserve(results);
        int first = unwanted > 0 && State.Skip(ids[..(unwanted * streams)]) ? unwanted : 0;
        while (first < tokens)
        {
            int count = Math.Min(tokens - first, _context.TargetLength), end = first + count, wanted = Math.Min(count, end - unwanted);
            capture?.Next(end - unwanted - Math.Max(0, wanted), Math.Max(0, wanted));
            Tensor hidden = _engine.Forward(ids.Slice(first * streams, count * streams), State, _context, Math.Max(1, wanted), capture);
            if (wanted > 0)
            {
                hidden.Slice(hidden.Shape[0] - wanted, wanted).CopyTo(_hidden.Slice(end - unwanted - wanted, wanted));
            }

            first = end;
        }
    }

    /// <summary>A buffer for the hidden states of a number of tokens.</summary>
    private void Reserve(int rows)
    {
        if (_hidden.IsEmpty || _hidden.Shape[0] < rows)
        {
            _hidden = Tensor.Allocate(new Shape(rows, Options.Streams, Model.Configuration.HiddenWidth));
        }
    }

    private void CheckIds(ReadOnlySpan<int> ids, string name)
    {
        int vocabulary = Model.Configuration.VocabularySize;
        foreach (int id in ids)
        {
            if ((uint)id >= (uint)vocabulary)
            {
                throw new ArgumentOutOfRangeException(name, $"id {id} is outside the vocabulary of {vocabulary}");
            }
        }
    }

    private void SetLastHidden(ReadOnlySpan<float> values)
    {
        Reserve(1);
        values.CopyTo(_hidden.Span);
        _results = 1;
    }

    private void RequireResults(int rows)
    {
        if (rows < 1 || rows > _results)
        {
            throw new InvalidOperationException($"results of {rows} tokens were asked for, but the session has those of {_results}");
        }
    }
}
