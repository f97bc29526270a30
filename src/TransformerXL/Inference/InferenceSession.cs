using TransformerXL.Models;
using TransformerXL.Tensors.Kernels;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Inference;

/// <summary>
/// A model reading a text without end, with what it remembers of it: time for a token and memory depend on the model and its
/// memory length, never on how much was read.
/// </summary>
/// <remarks>
/// The weights must stay as they are while the session lives: after a training step make a new one. One thread at a time
/// may use a session, and one session at a time a backend.
/// </remarks>
public abstract class InferenceSession
{
    private readonly SessionSoftmax _softmax;
    private int _firstResult;
    private int _results;

    private protected InferenceSession(LanguageModel model, CpuBackend backend, InferenceOptions options, SoftmaxWeights? softmax = null)
    {
        (Model, Backend, Options) = (model, backend, options);
        SoftmaxWeights = softmax ?? new SoftmaxWeights(model.Softmax, options.Precision);
        _softmax = new SessionSoftmax(model, SoftmaxWeights, backend, options.MaxSegment * options.Streams, options.Streams);
    }

    /// <summary>The sizes.</summary>
    public InferenceOptions Options { get; }

    /// <summary>The model that reads.</summary>
    public LanguageModel Model { get; }

    /// <summary>Tokens of each stream read since the beginning or the last <see cref="Reset"/>.</summary>
    public long Tokens { get; private set; }

    /// <summary>Tokens of each stream that are remembered, at most M.</summary>
    public abstract int MemoryRows { get; }

    /// <summary>Bytes of what the session remembers; constant.</summary>
    public abstract long MemoryBytes { get; }

    /// <summary>
    /// The hidden states of the last tokens read: (rows, B, d), as many as <see cref="Advance"/> was asked for, one after
    /// <see cref="Load"/> or <see cref="Fork"/>, none at the beginning. Overwritten by the next segment.
    /// </summary>
    public Tensor Hidden => HiddenRows
        .Slice(_firstResult * Options.Streams, _results * Options.Streams)
        .Reshape(new Shape(_results, Options.Streams, Model.Configuration.ModelSize));

    /// <summary>The hidden states after the last token: (B, d), or empty at the beginning.</summary>
    internal Tensor LastHidden => _results == 0
        ? default
        : HiddenRows.Slice((_firstResult + _results - 1) * Options.Streams, Options.Streams);

    /// <summary>The number of tensors that what is remembered consists of.</summary>
    internal abstract int Parts { get; }

    /// <summary>What computes.</summary>
    internal CpuBackend Backend { get; }

    /// <summary>What this session's softmax and those of its forks share.</summary>
    internal SoftmaxWeights SoftmaxWeights { get; }

    /// <summary>The hidden states of the last segment, row t B + b for token t of stream b: (at least rows, d).</summary>
    private protected abstract Tensor HiddenRows { get; }

    /// <summary>Creates a session that has read nothing.</summary>
    /// <param name="model">The weights.</param>
    /// <param name="backend">What computes.</param>
    /// <param name="options">The sizes.</param>
    /// <exception cref="InputException">The options are not valid, or the model cannot be computed in the precision.</exception>
    public static InferenceSession Create(LanguageModel model, CpuBackend backend, InferenceOptions options)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(backend);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        InferencePrecision.Check(model.Configuration, options.Precision);
        return model switch
        {
            TransformerXLModel { Configuration.Kind: ModelKind.TransformerXL } transformer => new KeyValueSession(transformer, backend, options),
            LstmModel lstm => new LstmSession(lstm, backend, options),
            TransformerXLModel when !options.Recurrent => new WindowSession(model, backend, options),
            _ => new HiddenStateSession(model, backend, options),
        };
    }

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
        Read(ids, tokens, results);
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
        RequireResults(1);
        Tensor logits = _softmax.Logits(LastHidden);
        GC.KeepAlive(this);
        return logits;
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
        Tensor hidden = HiddenRows.Slice((_firstResult + _results - rows) * streams, targets.Length);
        _softmax.NegativeLogLikelihood(hidden, targets, nll);
        GC.KeepAlive(this);
    }

    /// <summary>Forgets everything that was read.</summary>
    public void Reset()
    {
        Forget();
        (Tokens, _firstResult, _results) = (0, 0, 0);
    }

    /// <summary>A session with a copy of this one's memory, which goes on independently. Weights and tables are shared.</summary>
    /// <param name="backend">What the copy computes with; the backend of this session if null.</param>
    public InferenceSession Fork(CpuBackend? backend = null)
    {
        InferenceSession fork = Copy(backend ?? Backend);
        fork.Tokens = Tokens;
        if (_results > 0)
        {
            fork.SetLastHidden(LastHidden.Span);
        }

        GC.KeepAlive(this);
        return fork;
    }

    /// <summary>Whether one session is a fork of the other, or of one that both are forks of.</summary>
    internal virtual bool SharesWeightsWith(InferenceSession other) => other.Model == Model && other.Options == Options;

    /// <summary>Writes the memory to a safetensors file, all or nothing.</summary>
    /// <inheritdoc cref="Formats.AtomicFile.Write" path="/exception"/>
    public void Save(string path) => SessionFile.Save(path, this);

    /// <summary>Replaces the memory by one that <see cref="Save"/> wrote; after an error the session is as it was.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="InputException">The file is damaged, belongs to other weights or another number of streams, or remembers more than M tokens.</exception>
    public void Load(string path) => SessionFile.Load(path, this);

    /// <summary>The name of a part in a file.</summary>
    internal abstract string PartName(int part);

    /// <summary>A part: (rows, B, size).</summary>
    internal abstract Tensor ReadPart(int part);

    /// <summary>The most that a part can hold: (rows, B, size).</summary>
    internal abstract Shape MostShape(int part);

    /// <summary>Replaces the whole state by parts that fit.</summary>
    internal void Restore(long tokens, Tensor[] parts, ReadOnlySpan<float> lastHidden)
    {
        Reset();
        WriteParts(parts);
        Tokens = tokens;
        if (!lastHidden.IsEmpty)
        {
            SetLastHidden(lastHidden);
        }
    }

    /// <summary>Takes over the hidden states after one more token, which was read together with other sessions.</summary>
    internal void TakeToken(ReadOnlySpan<float> hidden)
    {
        Tokens++;
        SetLastHidden(hidden);
    }

    /// <summary>Reads tokens: the hidden states of the last <paramref name="results"/> go to their rows of <see cref="HiddenRows"/>.</summary>
    private protected abstract void Read(ReadOnlySpan<int> ids, int tokens, int results);

    /// <summary>Forgets what is remembered.</summary>
    private protected abstract void Forget();

    /// <summary>A session of the same weights with a copy of what is remembered.</summary>
    private protected abstract InferenceSession Copy(CpuBackend backend);

    /// <summary>Replaces what is remembered, after <see cref="Forget"/>.</summary>
    private protected abstract void WriteParts(Tensor[] parts);

    private void SetLastHidden(ReadOnlySpan<float> values)
    {
        values.CopyTo(HiddenRows.Span);
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
