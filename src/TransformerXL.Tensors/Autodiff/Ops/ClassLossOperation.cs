using TransformerXL.Tensors.Memory;

namespace TransformerXL.Tensors.Autodiff.Ops;

/// <summary>
/// The weighted mean over rows of the cross-entropy with smoothed targets, from logits z (N, C):
/// <code>
/// l_i  = sum over c of q_ic (-log softmax(z_i)_c)
/// q_ic = (1 - s) w_c [c = t_i] + s w_c / C
/// loss = (sum over i of l_i) / (sum over i of w_(t_i))
/// </code>
/// with targets t, weights w of the classes (1 if none are given) and smoothing s (Szegedy et al. 2016, section 7). Rows with a negative
/// target do not count: their gradient is zero. Without any row that counts the loss is zero.
/// </summary>
public sealed class ClassLossOperation : Operation
{
    private Variable _logits = null!;
    private IndexTensor _targets;
    private Tensor _weights, _probabilities;
    private float _smoothing;
    private double _divisor;

    internal Variable Forward(Tape tape, Variable logits, IndexTensor targets, Tensor weights, float smoothing)
    {
        int rows = logits.Shape.Rows, classes = logits.Shape.Columns;
        Check.Equal("class loss", "the number of targets", targets.Count, rows);
        foreach (int target in targets.Span)
        {
            Check.Below("class loss", "a target", [Math.Max(0, target)], classes);
        }

        if (!weights.IsEmpty)
        {
            Check.Equal("class loss", "the number of weights", weights.Count, classes);
        }

        (_logits, _targets, _weights, _smoothing) = (logits, targets, weights, smoothing);
        _probabilities = tape.Allocate(logits.Shape);
        tape.Backend.Softmax(logits.Value, _probabilities);
        Variable output = tape.NewVariable(new Shape(1), logits.RequiresGradient);
        output.Value.Span[0] = (float)Sum(classes);
        return tape.Record(this, output);
    }

    /// <inheritdoc/>
    public override void Backward(Tape tape)
    {
        Span<float> gradient = tape.Gradient(_logits, out bool add).Span;
        if (!add)
        {
            gradient.Clear();
        }

        int classes = _logits.Shape.Columns;
        float scale = _divisor > 0 ? (float)(Output.Gradient.Span[0] / _divisor) : 0, even = _smoothing / classes;
        ReadOnlySpan<float> weights = _weights.Span, probabilities = _probabilities.Span;
        ReadOnlySpan<int> targets = _targets.Span;
        float weightSum = SumOf(weights, classes);
        for (int row = 0; row < targets.Length; row++)
        {
            if (targets[row] >= 0)
            {
                float own = (1 - _smoothing) * WeightOf(weights, targets[row]), all = own + (even * weightSum);
                Span<float> target = gradient.Slice(row * classes, classes);
                ReadOnlySpan<float> p = probabilities.Slice(row * classes, classes);
                for (int c = 0; c < classes; c++)
                {
                    target[c] += scale * ((all * p[c]) - (even * WeightOf(weights, c)));
                }

                target[targets[row]] -= scale * own;
            }
        }
    }

    /// <inheritdoc/>
    public override void Clear() => (_logits, _targets, _weights, _probabilities) = (null!, default, default, default);

    private double Sum(int classes)
    {
        ReadOnlySpan<float> weights = _weights.Span;
        ReadOnlySpan<int> targets = _targets.Span;
        double sum = 0;
        _divisor = 0;
        for (int row = 0; row < targets.Length; row++)
        {
            if (targets[row] >= 0)
            {
                float weight = WeightOf(weights, targets[row]);
                _divisor += weight;
                sum += LossOf(row, targets[row], weight, classes);
            }
        }

        return _divisor > 0 ? sum / _divisor : 0;
    }

    private double LossOf(int row, int target, float weight, int classes)
    {
        ReadOnlySpan<float> z = _logits.Value.Span.Slice(row * classes, classes);
        double logSum = LogSum(z, _probabilities.Span.Slice(row * classes, classes));
        double loss = (1 - _smoothing) * weight * (logSum - z[target]);
        for (int c = 0; c < classes && _smoothing > 0; c++)
        {
            loss += _smoothing / classes * WeightOf(_weights.Span, c) * (logSum - z[c]);
        }

        return loss;
    }

    /// <summary>log sum exp z, from the largest probability, which cannot underflow.</summary>
    private static double LogSum(ReadOnlySpan<float> z, ReadOnlySpan<float> probabilities)
    {
        int best = 0;
        for (int c = 1; c < z.Length; c++)
        {
            best = z[c] > z[best] ? c : best;
        }

        return z[best] - Math.Log(probabilities[best]);
    }

    private static float WeightOf(ReadOnlySpan<float> weights, int label) => weights.IsEmpty ? 1 : weights[label];

    private static float SumOf(ReadOnlySpan<float> weights, int classes)
    {
        float sum = weights.IsEmpty ? classes : 0;
        foreach (float weight in weights)
        {
            sum += weight;
        }

        return sum;
    }
}
