using TransformerXL.Tensors.Memory;

namespace TransformerXL.Tensors.Autodiff.Ops;

/// <summary>The mean over all elements of (x - y)^2, with targets y.</summary>
public sealed class SquaredLossOperation : Operation
{
    private Variable _input = null!;
    private Tensor _targets;

    internal Variable Forward(Tape tape, Variable input, Tensor targets)
    {
        Check.Shape("squared loss", "the shape of the targets", targets.Shape, input.Shape);
        (_input, _targets) = (input, targets);
        ReadOnlySpan<float> x = input.Value.Span, y = targets.Span;
        double sum = 0;
        for (int i = 0; i < x.Length; i++)
        {
            sum += ((double)x[i] - y[i]) * ((double)x[i] - y[i]);
        }

        Variable output = tape.NewVariable(new Shape(1), input.RequiresGradient);
        output.Value.Span[0] = (float)(sum / x.Length);
        return tape.Record(this, output);
    }

    /// <inheritdoc/>
    public override void Backward(Tape tape)
    {
        Span<float> gradient = tape.Gradient(_input, out bool add).Span;
        ReadOnlySpan<float> x = _input.Value.Span, y = _targets.Span;
        float scale = 2 * Output.Gradient.Span[0] / x.Length;
        for (int i = 0; i < x.Length; i++)
        {
            float value = scale * (x[i] - y[i]);
            gradient[i] = add ? gradient[i] + value : value;
        }
    }

    /// <inheritdoc/>
    public override void Clear() => (_input, _targets) = (null!, default);
}
