using TransformerXL.Tensors.Memory;

namespace TransformerXL.Tensors.Autodiff.Ops;

/// <summary>y = tanh x, or y = sigmoid x = 1 / (1 + exp(-x)), element by element.</summary>
public sealed class ActivationOperation : Operation
{
    private Variable _input = null!;
    private ElementwiseFunction _gradient;

    internal Variable Forward(Tape tape, Variable input, ElementwiseFunction function)
    {
        _input = input;
        _gradient = function == ElementwiseFunction.Tanh ? ElementwiseFunction.TanhGradient : ElementwiseFunction.SigmoidGradient;
        Variable output = tape.NewVariable(input.Shape, input.RequiresGradient);
        tape.Backend.Elementwise(function, input.Value, input.Value, output.Value);
        return tape.Record(this, output);
    }

    /// <inheritdoc/>
    public override void Backward(Tape tape)
    {
        Tensor target = tape.Gradient(_input, out bool add);
        tape.Backend.Elementwise(_gradient, Output.Gradient, Output.Value, target, add);
    }

    /// <inheritdoc/>
    public override void Clear() => _input = null!;
}
