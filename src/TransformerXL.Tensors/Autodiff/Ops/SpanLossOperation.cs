using TransformerXL.Tensors.Memory;

namespace TransformerXL.Tensors.Autodiff.Ops;

/// <summary>
/// The mean cross-entropy of the places of a span (Devlin et al. 2019, section 4.2), from logits z (T, B, C): for each stream b and each of
/// the C ends of a span (first and last token as a rule) the softmax runs over the tokens t of the stream that may be chosen,
/// <code>
/// loss = 1 / (B C) sum over b, c of -log softmax_t(z_tbc)[t = target_cb]
/// </code>
/// </summary>
public sealed class SpanLossOperation : Operation
{
    private Variable _logits = null!;
    private IndexTensor _allowed, _targets;
    private Tensor _probabilities;

    internal Variable Forward(Tape tape, Variable logits, IndexTensor allowed, IndexTensor targets)
    {
        Shape shape = logits.Shape;
        Check.Equal("span loss", "the number of axes of the logits", shape.Rank, 3);
        Check.Equal("span loss", "the number of marks", allowed.Count, shape[0] * shape[1]);
        Check.Equal("span loss", "the number of targets", targets.Count, shape[1] * shape[2]);
        Check.Below("span loss", "a target", targets.Span, shape[0]);
        (_logits, _allowed, _targets) = (logits, allowed, targets);
        _probabilities = tape.Allocate(shape);
        double sum = 0;
        for (int b = 0; b < shape[1]; b++)
        {
            for (int c = 0; c < shape[2]; c++)
            {
                int target = targets.Span[(c * shape[1]) + b];
                Check.Equal("span loss", "the mark of a target", allowed.Span[(target * shape[1]) + b], 1);
                sum += Distribution(b, c, target);
            }
        }

        Variable output = tape.NewVariable(new Shape(1), logits.RequiresGradient);
        output.Value.Span[0] = (float)(sum / (shape[1] * shape[2]));
        return tape.Record(this, output);
    }

    /// <inheritdoc/>
    public override void Backward(Tape tape)
    {
        Shape shape = _logits.Shape;
        Span<float> gradient = tape.GradientToAdd(_logits).Span;
        ReadOnlySpan<float> p = _probabilities.Span;
        ReadOnlySpan<int> targets = _targets.Span;
        float scale = Output.Gradient.Span[0] / (shape[1] * shape[2]);
        for (int i = 0; i < p.Length; i++)
        {
            gradient[i] += scale * p[i];
        }

        for (int b = 0; b < shape[1]; b++)
        {
            for (int c = 0; c < shape[2]; c++)
            {
                gradient[(((targets[(c * shape[1]) + b] * shape[1]) + b) * shape[2]) + c] -= scale;
            }
        }
    }

    /// <inheritdoc/>
    public override void Clear() => (_logits, _allowed, _targets, _probabilities) = (null!, default, default, default);

    /// <summary>The softmax over the allowed tokens of a stream, zero elsewhere.</summary>
    /// <returns>The cross-entropy with the target.</returns>
    private double Distribution(int stream, int column, int target)
    {
        Shape shape = _logits.Shape;
        int step = shape[1] * shape[2], first = (stream * shape[2]) + column;
        ReadOnlySpan<float> z = _logits.Value.Span;
        Span<float> p = _probabilities.Span;
        float max = float.NegativeInfinity;
        for (int t = 0; t < shape[0]; t++)
        {
            max = IsAllowed(t, stream) ? Math.Max(max, z[(t * step) + first]) : max;
        }

        double sum = 0;
        for (int t = 0; t < shape[0]; t++)
        {
            p[(t * step) + first] = IsAllowed(t, stream) ? (float)Math.Exp(z[(t * step) + first] - max) : 0;
            sum += p[(t * step) + first];
        }

        for (int t = 0; t < shape[0]; t++)
        {
            p[(t * step) + first] = (float)(p[(t * step) + first] / sum);
        }

        return Math.Log(sum) + max - z[(target * step) + first];
    }

    private bool IsAllowed(int token, int stream) => _allowed.Span[(token * _logits.Shape[1]) + stream] != 0;
}
