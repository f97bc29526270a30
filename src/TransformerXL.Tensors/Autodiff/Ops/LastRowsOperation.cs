using TransformerXL.Tensors.Memory;

namespace TransformerXL.Tensors.Autodiff.Ops;

/// <summary>The last rows of x along time: (T, B, D) gives (rows, B, D).</summary>
public sealed class LastRowsOperation : Operation
{
    private Variable _input = null!;

    internal Variable Forward(Tape tape, Variable input, int rows)
    {
        int length = input.Shape[0];
        if (rows == length)
        {
            return input;
        }

        _input = input;
        Variable output = tape.NewVariable(input.Shape.WithFirst(rows), input.RequiresGradient);
        tape.Backend.Pass(input.Value.Slice(length - rows, rows), output.Value, add: false);
        return tape.Record(this, output);
    }

    /// <inheritdoc/>
    public override void Backward(Tape tape)
    {
        int rows = Output.Shape[0];
        Tensor target = tape.GradientToAdd(_input).Slice(_input.Shape[0] - rows, rows);
        tape.Backend.Pass(Output.Gradient, target, add: true);
    }

    /// <inheritdoc/>
    public override void Clear() => _input = null!;
}
