using TransformerXL.Tensors.Memory;

namespace TransformerXL.Tensors.Autodiff.Ops;

/// <summary>
/// The last rows of a part of a table; if the part has too few, its first row is repeated:
/// y_p = table_max(first, first + rows - count + p), the table seen as rows of the output's length.
/// </summary>
public sealed class TableRowsOperation : Operation
{
    private Variable _table = null!;
    private int _first, _rows, _count;

    internal Variable Forward(Tape tape, Variable table, int first, int rows, Shape shape)
    {
        Check.Equal("table rows", "the table's size modulo the length of a row", table.Shape.Count % shape.Columns, 0);
        Check.AtLeast("table rows", "the rows of the table", table.Shape.Count / shape.Columns, first + rows);
        Check.AtLeast("table rows", "the rows of the part", rows, 1);
        (_table, _first, _rows, _count) = (table, first, rows, shape.Rows);
        Variable output = tape.NewVariable(shape, table.RequiresGradient);
        Span<float> to = output.Value.Span;
        for (int row = 0; row < _count; row++)
        {
            table.Stored.Read((long)Source(row) * shape.Columns, to.Slice(row * shape.Columns, shape.Columns));
        }

        return tape.Record(this, output);
    }

    /// <inheritdoc/>
    public override void Backward(Tape tape)
    {
        Tensor gradient = Output.Gradient, table = tape.GradientToAdd(_table);
        int repeated = Math.Max(0, _count - _rows);
        for (int row = 0; row < repeated; row++)
        {
            Add(tape, gradient, row, 1, table, _first);
        }

        Add(tape, gradient, repeated, _count - repeated, table, Source(repeated));
    }

    /// <inheritdoc/>
    public override void Clear() => _table = null!;

    private static void Add(Tape tape, Tensor gradient, int row, int count, Tensor table, int tableRow)
    {
        int columns = gradient.Shape.Columns;
        Shape rows = new(count, columns);
        tape.Backend.Pass(gradient.Part((long)row * columns, rows), table.Part((long)tableRow * columns, rows), add: true);
    }

    private int Source(int row) => Math.Max(_first, _first + _rows - _count + row);
}
