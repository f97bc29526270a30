using TransformerXL.Models;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Kernels;
using TransformerXL.Tensors.Kernels.Inference;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Inference;

/// <summary>The distribution of the next token after hidden states: <see cref="OutputSoftmax"/> where nothing is differentiated.</summary>
internal sealed partial class SessionSoftmax
{
    // Enough that the weight of a large vocabulary is packed in few pieces, little beside the model.
    private const int TileFloats = 1 << 21;
    private const int FewestTileColumns = 256;

    private readonly SoftmaxWeights _weights;
    private readonly OutputSoftmax _softmax;
    private readonly CpuBackend _backend;
    private readonly int _rows, _streams, _vocabulary;
    private Tensor _logits, _scratch, _projected, _losses;
    private Tape? _tape;

    public SessionSoftmax(LanguageModel model, SoftmaxWeights weights, CpuBackend backend, int rows, int streams)
    {
        (_weights, _softmax, _backend, _rows, _streams) = (weights, weights.Softmax, backend, rows, streams);
        _vocabulary = model.Configuration.VocabularySize;
    }

    /// <summary>Unnormalised log-probabilities (rows, V) after hidden states (rows, d), at most B rows; log-probabilities where there are clusters.</summary>
    public Tensor Logits(Tensor hidden)
    {
        _logits = _logits.IsEmpty ? Tensor.Allocate(new Shape(_streams, _vocabulary)) : _logits;
        Tensor logits = _logits.Slice(0, hidden.Shape.Rows);
        if (_softmax.Clusters.Tails == 0)
        {
            _backend.Linear(Projected(hidden, 0), _weights.Parts[0], _weights.Biases[0], logits);
        }
        else
        {
            ClusterLogits(hidden, logits);
        }

        return logits;
    }

    /// <summary>-log p of each target in nats.</summary>
    public void NegativeLogLikelihood(Tensor hidden, ReadOnlySpan<int> targets, Span<float> nll)
    {
        if (_softmax.Clusters.Tails == 0)
        {
            _backend.NegativeLogLikelihood(Projected(hidden, 0), _weights.Parts[0], _weights.Biases[0], targets, Losses(), nll);
        }
        else if (_weights.Precision != Precision.Float32)
        {
            ClusterLikelihood(hidden, targets, nll);
        }
        else
        {
            _tape ??= new Tape(_backend);
            _tape.BeginEvaluation();
            Tensor perToken = _tape.Allocate(new Shape(targets.Length));
            _softmax.Loss(_tape, _tape.Constant(hidden), _tape.Allocate(targets), perToken);
            perToken.Span.CopyTo(nll);
        }
    }

    /// <summary>Hidden states as the softmax of a cluster wants them: (rows, width).</summary>
    private Tensor Projected(Tensor hidden, int cluster)
    {
        if (_weights.Projections[cluster] is not { } projection)
        {
            return hidden;
        }

        Tensor projected = Room(ref _projected, new Shape(hidden.Shape.Rows, projection.Outputs));
        _backend.Linear(hidden, projection, default, projected);
        return projected;
    }

    /// <summary>Working memory for the loss of a whole segment, made when first asked for: generation never needs it.</summary>
    private Tensor Losses()
    {
        if (_losses.IsEmpty)
        {
            long columns = Math.Min(_vocabulary, Math.Max(FewestTileColumns, TileFloats / _rows));
            _losses = Tensor.Allocate(new Shape(checked((int)(_rows * (Math.Max(columns, 8) + 3)))));
        }

        return _losses;
    }

    /// <summary>Working memory of a shape, larger than before only where that is needed.</summary>
    private static Tensor Room(ref Tensor memory, Shape shape)
    {
        if (memory.IsEmpty || memory.Count < shape.Count)
        {
            memory = Tensor.Allocate(new Shape((int)shape.Count));
        }

        return memory.Slice(0, (int)shape.Count).Reshape(shape);
    }
}
