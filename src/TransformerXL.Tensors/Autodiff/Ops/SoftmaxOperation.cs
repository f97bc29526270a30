using TransformerXL.Tensors.Memory;

namespace TransformerXL.Tensors.Autodiff.Ops;

/// <summary>y_i = exp(x_i) / sum over j of exp(x_j), i and j along the last axis.</summary>
public sealed class SoftmaxOperation : Operation
{
    private Variable _input = null!;

    internal Variable Forward(Tape tape, Variable input)
    {
        _input = input;
        Variable output = tape.NewVariable(input.Shape, input.RequiresGradient);
        tape.Backend.Softmax(input.Value, output.Value);
        return tape.Record(this, output);
    }

    /// <inheritdoc/>
    public override void Backward(Tape tape)
    {
        Tensor target = tape.Gradient(_input, out bool add);
        tape.Backend.SoftmaxBackward(Output.Value, Output.Gradient, target, add);
    }

    /// <inheritdoc/>
    public override void Clear() => _input = null!;
}
