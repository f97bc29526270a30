using TransformerXL.Models;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Inference;

/// <summary>
/// What the sessions of a model on one backend share: the prepared weights, which engines on other backends share too, and the
/// working memory of a forward pass, so that another session costs its state alone.
/// </summary>
internal sealed class InferenceEngine
{
    private readonly Tape _tape;

    public InferenceEngine(LanguageModel model, CpuBackend backend, PreparedWeights weights) =>
        (Model, Backend, Weights, _tape) = (model, backend, weights, new Tape(backend, weights));

    public LanguageModel Model { get; }

    public CpuBackend Backend { get; }

    public PreparedWeights Weights { get; }

    /// <summary>Bytes of working memory.</summary>
    public long WorkspaceBytes => _tape.BytesReserved;

    /// <summary>An engine with the same weights on a backend.</summary>
    public InferenceEngine On(CpuBackend backend) => backend == Backend ? this : new InferenceEngine(Model, backend, Weights);

    /// <summary>The hidden states after new tokens, valid until the next call: (T, B, d), or at least the last <paramref name="results"/> rows.</summary>
    public Tensor Forward(ReadOnlySpan<int> ids, ModelState state, ContextConfiguration context, int results, HiddenCapture? capture = null)
    {
        _tape.BeginEvaluation();
        Tensor hidden = Model.Forward(_tape, _tape.Allocate(ids), state, context, default, results, capture).Value;
        GC.KeepAlive(this);
        return hidden;
    }

    /// <summary>The logits of the next token: (rows, V), valid until the next call.</summary>
    public Tensor Logits(Tensor hidden)
    {
        _tape.BeginEvaluation();
        Tensor logits = Model.Softmax.Logits(_tape, hidden);
        GC.KeepAlive(this);
        return logits;
    }

    /// <summary>-log p of each target in nats.</summary>
    public void NegativeLogLikelihood(Tensor hidden, ReadOnlySpan<int> targets, Span<float> nll)
    {
        _tape.BeginEvaluation();
        Model.Softmax.NegativeLogLikelihood(_tape, hidden, targets, nll);
        GC.KeepAlive(this);
    }
}
