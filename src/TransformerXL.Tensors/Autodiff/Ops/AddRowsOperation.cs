using TransformerXL.Tensors.Memory;

namespace TransformerXL.Tensors.Autodiff.Ops;

/// <summary>y_tb = x_tb + row_t: x (T, B, D) and rows (T, D) give (T, B, D).</summary>
public sealed class AddRowsOperation : Operation
{
    private Variable _input = null!, _rows = null!;

    internal Variable Forward(Tape tape, Variable input, Variable rows)
    {
        Shape shape = input.Shape;
        Check.Shape("add rows", "the shape of the rows", rows.Shape, new Shape(shape[0], shape.Columns));
        (_input, _rows) = (input, rows);
        Variable output = tape.NewVariable(shape, input.RequiresGradient || rows.RequiresGradient);
        tape.Backend.AddRows(input.Value, rows.Value, output.Value);
        return tape.Record(this, output);
    }

    /// <inheritdoc/>
    public override void Backward(Tape tape)
    {
        Tensor gradient = Output.Gradient;
        if (_rows.RequiresGradient)
        {
            tape.Backend.SumStreams(gradient, tape.GradientToAdd(_rows));
        }

        if (_input.RequiresGradient)
        {
            Tensor target = tape.Gradient(_input, out bool add);
            tape.Backend.Pass(gradient, target, add);
        }
    }

    /// <inheritdoc/>
    public override void Clear() => (_input, _rows) = (null!, null!);
}
