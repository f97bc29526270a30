using TransformerXL.Tensors.Memory;

namespace TransformerXL.Tensors.Autodiff.Ops;

/// <summary>y_n = x[row_n], x being seen as the matrix of its rows.</summary>
public sealed class GatherRowsOperation : Operation
{
    private Variable _input = null!;
    private IndexTensor _rows;

    internal Variable Forward(Tape tape, Variable input, IndexTensor rows)
    {
        Check.Below("gather rows", "a row", rows.Span, input.Shape.Rows);
        (_input, _rows) = (input, rows);
        Variable output = tape.NewVariable(new Shape(rows.Count, input.Shape.Columns), input.RequiresGradient);
        tape.Backend.GatherRows(input.Value, rows, scale: 1, default, output.Value);
        return tape.Record(this, output);
    }

    /// <inheritdoc/>
    public override void Backward(Tape tape) =>
        tape.Backend.GatherRowsBackward(Output.Gradient, _rows, scale: 1, default, tape.GradientToAdd(_input));

    /// <inheritdoc/>
    public override void Clear() => (_input, _rows) = (null!, default);
}
