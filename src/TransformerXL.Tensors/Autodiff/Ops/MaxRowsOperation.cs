using TransformerXL.Tensors.Memory;

namespace TransformerXL.Tensors.Autodiff.Ops;

/// <summary>
/// y_b = max over t below n_b of x_tb, element by element: x (T, B, D) gives (B, D). n_b is T, or the length of stream b; a stream of
/// length zero gives zero. Of equal values the first one gets the gradient.
/// </summary>
public sealed class MaxRowsOperation : Operation
{
    private Variable _input = null!;
    private int[] _best = [];

    internal Variable Forward(Tape tape, Variable input, IndexTensor lengths)
    {
        Shape shape = input.Shape;
        Check.Equal("max rows", "the number of axes of the input", shape.Rank, 3);
        if (!lengths.IsEmpty)
        {
            Check.Equal("max rows", "the number of lengths", lengths.Count, shape[1]);
            Check.Below("max rows", "a length", lengths.Span, shape[0] + 1);
        }

        _input = input;
        int streams = shape[1], columns = shape[2], row = streams * columns;
        _best = _best.Length < row ? new int[row] : _best;
        Variable output = tape.NewVariable(new Shape(streams, columns), input.RequiresGradient);
        ReadOnlySpan<float> x = input.Value.Span;
        Span<float> y = output.Value.Span;
        for (int i = 0; i < row; i++)
        {
            int length = lengths.IsEmpty ? shape[0] : lengths.Span[i / columns];
            _best[i] = length > 0 ? 0 : -1;
            for (int t = 1; t < length; t++)
            {
                _best[i] = x[(t * row) + i] > x[(_best[i] * row) + i] ? t : _best[i];
            }

            y[i] = _best[i] < 0 ? 0 : x[(_best[i] * row) + i];
        }

        return tape.Record(this, output);
    }

    /// <inheritdoc/>
    public override void Backward(Tape tape)
    {
        Span<float> gradient = tape.GradientToAdd(_input).Span;
        ReadOnlySpan<float> dy = Output.Gradient.Span;
        for (int i = 0; i < dy.Length; i++)
        {
            if (_best[i] >= 0)
            {
                gradient[(_best[i] * dy.Length) + i] += dy[i];
            }
        }
    }

    /// <inheritdoc/>
    public override void Clear() => _input = null!;
}
