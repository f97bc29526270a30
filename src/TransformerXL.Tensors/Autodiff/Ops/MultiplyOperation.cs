using TransformerXL.Tensors.Memory;

namespace TransformerXL.Tensors.Autodiff.Ops;

/// <summary>y = a b, element by element, all of the same shape.</summary>
public sealed class MultiplyOperation : Operation
{
    private Variable _first = null!, _second = null!;

    internal Variable Forward(Tape tape, Variable first, Variable second)
    {
        Check.Shape("multiply", "the shape of the second factor", second.Shape, first.Shape);
        (_first, _second) = (first, second);
        Variable output = tape.NewVariable(first.Shape, first.RequiresGradient || second.RequiresGradient);
        tape.Backend.Elementwise(ElementwiseFunction.Product, first.Value, second.Value, output.Value);
        return tape.Record(this, output);
    }

    /// <inheritdoc/>
    public override void Backward(Tape tape)
    {
        Pass(tape, _first, _second);
        Pass(tape, _second, _first);
    }

    /// <inheritdoc/>
    public override void Clear() => (_first, _second) = (null!, null!);

    private void Pass(Tape tape, Variable factor, Variable other)
    {
        if (factor.RequiresGradient)
        {
            Tensor target = tape.Gradient(factor, out bool add);
            tape.Backend.Elementwise(ElementwiseFunction.Product, Output.Gradient, other.Value, target, add);
        }
    }
}
