using TransformerXL.Tensors.Memory;

namespace TransformerXL.Tensors.Autodiff.Ops;

/// <summary>y_t = x_(T - 1 - t) for t from 0 to below T, the length of the first axis.</summary>
public sealed class ReverseRowsOperation : Operation
{
    private Variable _input = null!;

    internal Variable Forward(Tape tape, Variable input)
    {
        Check.AtLeast("reverse rows", "the number of axes of the input", input.Shape.Rank, 1);
        _input = input;
        int length = input.Shape[0];
        Variable output = tape.NewVariable(input.Shape, input.RequiresGradient);
        for (int t = 0; t < length; t++)
        {
            input.Value.Slice(length - 1 - t, 1).CopyTo(output.Value.Slice(t, 1));
        }

        return tape.Record(this, output);
    }

    /// <inheritdoc/>
    public override void Backward(Tape tape)
    {
        Tensor target = tape.Gradient(_input, out bool add);
        int length = target.Shape[0];
        for (int t = 0; t < length; t++)
        {
            tape.Backend.Pass(Output.Gradient.Slice(t, 1), target.Slice(length - 1 - t, 1), add);
        }
    }

    /// <inheritdoc/>
    public override void Clear() => _input = null!;
}
