using TransformerXL.Models;
using TransformerXL.Tensors;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Inference;

/// <summary>
/// What the sessions of a model on one backend share: the prepared weights, which engines on other backends share too, and the
/// working memory of a forward pass, so that another session costs its state alone.
/// </summary>
internal sealed class InferenceEngine
{
    private readonly Tape _tape;
    private readonly Lazy<string> _fingerprint;

    public InferenceEngine(LanguageModel model, Backend backend, PreparedWeights weights)
        : this(model, backend, weights, new Lazy<string>(() => ModelWeights.Fingerprint(model)))
    {
    }

    private InferenceEngine(LanguageModel model, Backend backend, PreparedWeights weights, Lazy<string> fingerprint) =>
        (Model, Backend, Weights, _tape, _fingerprint) = (model, backend, weights, new Tape(backend, weights), fingerprint);

    public LanguageModel Model { get; }

    public Backend Backend { get; }

    public PreparedWeights Weights { get; }

    /// <summary>SHA-256 of the weights, computed once: they do not change while sessions read them.</summary>
    public string WeightsFingerprint => _fingerprint.Value;

    /// <summary>Bytes of working memory.</summary>
    public long WorkspaceBytes => _tape.BytesReserved;

    /// <summary>An engine with the same weights on a backend.</summary>
    /// <exception cref="ArgumentException">The backend is of another class, which cannot read the prepared weights.</exception>
    public InferenceEngine On(Backend backend)
    {
        if (backend.GetType() != Backend.GetType())
        {
            throw new ArgumentException(
                $"a session on a {Backend.GetType().Name} cannot continue on a {backend.GetType().Name}; create a session there and load the saved state", nameof(backend));
        }

        return backend == Backend ? this : new InferenceEngine(Model, backend, Weights, _fingerprint);
    }

    /// <summary>The hidden states after new tokens, valid until the next call: (T, B, d), or at least the last <paramref name="results"/> rows.</summary>
    public Tensor Forward(ReadOnlySpan<int> ids, ModelState state, ContextConfiguration context, int results, HiddenCapture? capture = null)
    {
        _tape.BeginEvaluation();
        _tape.RowsAlone = state is CacheBatch;
        Tensor hidden = Model.Forward(_tape, _tape.Allocate(ids), state, context, default, results, capture).Value;
        GC.KeepAlive(this);
        return hidden;
    }

    /// <summary>The logits of the next token: (rows, V), valid until the next call.</summary>
    /// <param name="hidden">(rows, d).</param>
    /// <param name="rowsAlone">Whether each row gets the bits that it gets alone, however many there are.</param>
    public Tensor Logits(Tensor hidden, bool rowsAlone = false)
    {
        _tape.BeginEvaluation();
        _tape.RowsAlone = rowsAlone;
        Tensor logits = Model.Softmax.Logits(_tape, hidden);
        GC.KeepAlive(this);
        return logits;
    }

    /// <summary>-log p of each target in nats.</summary>
    public void NegativeLogLikelihood(Tensor hidden, ReadOnlySpan<int> targets, Span<float> nll)
    {
        _tape.BeginEvaluation();
        _tape.RowsAlone = false;
        Model.Softmax.NegativeLogLikelihood(_tape, hidden, targets, nll);
        GC.KeepAlive(this);
    }
}
