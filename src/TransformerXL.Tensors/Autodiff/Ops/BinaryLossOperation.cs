using TransformerXL.Tensors.Memory;

namespace TransformerXL.Tensors.Autodiff.Ops;

/// <summary>
/// The mean over all elements of the binary cross-entropy of logits z with targets y from 0 to 1:
/// -y log sigmoid(z) - (1 - y) log(1 - sigmoid(z)), the first term times w_c in column c if weights are given.
/// </summary>
public sealed class BinaryLossOperation : Operation
{
    private Variable _logits = null!;
    private Tensor _targets, _weights;

    internal Variable Forward(Tape tape, Variable logits, Tensor targets, Tensor weights)
    {
        Check.Shape("binary loss", "the shape of the targets", targets.Shape, logits.Shape);
        if (!weights.IsEmpty)
        {
            Check.Equal("binary loss", "the number of weights", weights.Count, logits.Shape.Columns);
        }

        (_logits, _targets, _weights) = (logits, targets, weights);
        ReadOnlySpan<float> z = logits.Value.Span, y = targets.Span;
        double sum = 0;
        for (int i = 0; i < z.Length; i++)
        {
            // log(1 + exp(-|z|)) is common to both terms.
            double tail = Math.Log(1 + Math.Exp(-Math.Abs(z[i])));
            sum += (y[i] * WeightOf(i) * (Math.Max(-z[i], 0) + tail)) + ((1 - y[i]) * (Math.Max(z[i], 0) + tail));
        }

        Variable output = tape.NewVariable(new Shape(1), logits.RequiresGradient);
        output.Value.Span[0] = (float)(sum / z.Length);
        return tape.Record(this, output);
    }

    /// <inheritdoc/>
    public override void Backward(Tape tape)
    {
        Span<float> gradient = tape.Gradient(_logits, out bool add).Span;
        ReadOnlySpan<float> z = _logits.Value.Span, y = _targets.Span;
        float scale = Output.Gradient.Span[0] / z.Length;
        for (int i = 0; i < z.Length; i++)
        {
            float p = (float)(1 / (1 + Math.Exp(-z[i])));
            float value = scale * (((1 - y[i]) * p) - (y[i] * WeightOf(i) * (1 - p)));
            gradient[i] = add ? gradient[i] + value : value;
        }
    }

    /// <inheritdoc/>
    public override void Clear() => (_logits, _targets, _weights) = (null!, default, default);

    private float WeightOf(int element) => _weights.IsEmpty ? 1 : _weights.Span[element % _logits.Shape.Columns];
}
