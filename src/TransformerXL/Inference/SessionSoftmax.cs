using TransformerXL.Models;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Kernels;
using TransformerXL.Tensors.Kernels.Inference;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Inference;

/// <summary>The distribution of the next token after hidden states: <see cref="OutputSoftmax"/> where nothing is differentiated.</summary>
internal sealed class SessionSoftmax
{
    // Enough that the weight of a large vocabulary is packed in few pieces, little beside the model.
    private const int TileFloats = 1 << 21;
    private const int FewestTileColumns = 256;

    private readonly OutputSoftmax _softmax;
    private readonly CpuBackend _backend;
    private readonly int _rows, _streams, _vocabulary;
    private readonly Precision _precision;
    private readonly Tensor[] _projections;
    private Tensor _logits, _scratch, _projected, _losses;
    private Tape? _tape;

    public SessionSoftmax(LanguageModel model, CpuBackend backend, InferenceOptions options)
    {
        (_softmax, _backend, _rows, _streams) = (model.Softmax, backend, options.MaxSegment * options.Streams, options.Streams);
        _precision = options.Precision;
        _vocabulary = model.Configuration.VocabularySize;
        _projections = [.. _softmax.Projections.Select(projection => projection is null ? default : Transposed(projection.Value))];
    }

    /// <summary>Unnormalised log-probabilities (B, V) after hidden states (B, d); log-probabilities where there are clusters.</summary>
    public Tensor Logits(Tensor hidden)
    {
        _logits = _logits.IsEmpty ? Tensor.Allocate(new Shape(_streams, _vocabulary)) : _logits;
        if (_softmax.Clusters.Tails == 0)
        {
            _backend.Linear(Projected(hidden, 0), _softmax.Weights[0].Value, _softmax.Biases[0].Value, _logits, precision: _precision);
        }
        else
        {
            ClusterLogits(hidden);
        }

        return _logits;
    }

    /// <summary>-log p of each target in nats.</summary>
    public void NegativeLogLikelihood(Tensor hidden, ReadOnlySpan<int> targets, Span<float> nll)
    {
        if (_softmax.Clusters.Tails == 0)
        {
            _backend.NegativeLogLikelihood(Projected(hidden, 0), _softmax.Weights[0].Value, _softmax.Biases[0].Value, targets, Losses(), nll, _precision);
            return;
        }

        _tape ??= new Tape(_backend, _precision);
        _tape.BeginEvaluation();
        Tensor perToken = _tape.Allocate(new Shape(targets.Length));
        _softmax.Loss(_tape, _tape.Constant(hidden), _tape.Allocate(targets), perToken);
        perToken.Span.CopyTo(nll);
    }

    /// <summary>log p(token) = log p_head(cluster) + log p_tail(token), cluster by cluster.</summary>
    private void ClusterLogits(Tensor hidden)
    {
        Clusters clusters = _softmax.Clusters;
        Span<float> result = _logits.Span;
        int shortlist = clusters.Shortlist, tails = clusters.Tails;
        Tensor input = Projected(hidden, 0);
        ReadOnlySpan<float> head = PartLogits(input, _softmax.Part(0)).Span;
        Span<float> tailLogits = stackalloc float[_streams * tails];
        for (int stream = 0; stream < _streams; stream++)
        {
            head.Slice(stream * shortlist, shortlist).CopyTo(result[(stream * _vocabulary)..]);
        }

        PartLogits(input, new SoftmaxPart(_softmax.ClusterWeight!, _softmax.ClusterBias, 0, tails)).Span.CopyTo(tailLogits);
        for (int stream = 0; stream < _streams; stream++)
        {
            Span<float> row = result.Slice(stream * _vocabulary, shortlist), clusterRow = tailLogits.Slice(stream * tails, tails);
            double total = LogSum(LogSumExp(row), LogSumExp(clusterRow));
            Subtract(row, total);
            Subtract(clusterRow, total);
        }

        for (int cluster = 1; cluster <= tails; cluster++)
        {
            int first = clusters.First(cluster), size = clusters.Size(cluster);
            ReadOnlySpan<float> logits = PartLogits(Projected(hidden, cluster), _softmax.Part(cluster)).Span;
            for (int stream = 0; stream < _streams; stream++)
            {
                Span<float> row = result.Slice((stream * _vocabulary) + first, size);
                logits.Slice(stream * size, size).CopyTo(row);
                Subtract(row, LogSumExp(row) - tailLogits[(stream * tails) + clusters.HeadColumn(cluster) - shortlist]);
            }
        }

        GC.KeepAlive(this);
    }

    private Tensor PartLogits(Tensor input, SoftmaxPart part)
    {
        Shape shape = new(_streams, part.Count);
        if (_scratch.IsEmpty || _scratch.Count < shape.Count)
        {
            _scratch = Tensor.Allocate(new Shape((int)shape.Count));
        }

        Tensor output = _scratch.Slice(0, (int)shape.Count).Reshape(shape);
        _backend.Linear(input, part.Weight.Value.Slice(part.First, part.Count), part.Bias!.Value.Slice(part.First, part.Count), output, precision: _precision);
        return output;
    }

    /// <summary>Hidden states as the softmax of a cluster wants them: (rows, width).</summary>
    private Tensor Projected(Tensor hidden, int cluster)
    {
        if (_projections[cluster].IsEmpty)
        {
            return hidden;
        }

        Tensor projection = _projections[cluster];
        Shape shape = new(hidden.Shape.Rows, projection.Shape[0]);
        if (_projected.IsEmpty || _projected.Count < shape.Count)
        {
            _projected = Tensor.Allocate(new Shape((int)shape.Count));
        }

        Tensor projected = _projected.Slice(0, (int)shape.Count).Reshape(shape);
        _backend.Linear(hidden, projection, default, projected, precision: _precision);
        return projected;
    }

    /// <summary>Working memory for the loss of a whole segment, made when first asked for: generation never needs it.</summary>
    private Tensor Losses()
    {
        if (_losses.IsEmpty)
        {
            long columns = Math.Min(_vocabulary, Math.Max(FewestTileColumns, TileFloats / _rows));
            _losses = Tensor.Allocate(new Shape(checked((int)(_rows * (columns + 3)))));
        }

        return _losses;
    }

    private static double LogSumExp(ReadOnlySpan<float> values)
    {
        float max = float.NegativeInfinity;
        foreach (float value in values)
        {
            max = Math.Max(max, value);
        }

        double sum = 0;
        foreach (float value in values)
        {
            sum += MathF.Exp(value - max);
        }

        return max + Math.Log(sum);
    }

    private static double LogSum(double a, double b) => Math.Max(a, b) + Math.Log(1 + Math.Exp(-Math.Abs(a - b)));

    private static void Subtract(Span<float> values, double amount)
    {
        foreach (ref float value in values)
        {
            value = (float)(value - amount);
        }
    }

    private static Tensor Transposed(Tensor matrix)
    {
        int rows = matrix.Shape[0], columns = matrix.Shape[1];
        Tensor result = Tensor.Allocate(new Shape(columns, rows));
        ReadOnlySpan<float> from = matrix.Span;
        Span<float> to = result.Span;
        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < columns; column++)
            {
                to[(column * rows) + row] = from[(row * columns) + column];
            }
        }

        return result;
    }
}
