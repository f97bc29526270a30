using TransformerXL.Tensors.Cpu;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Tensors.Autodiff.Ops;

/// <summary>
/// The last rows of a part of a table, the first row of the part again and again where it has too few:
/// y_p = table_max(first, first + rows - count + p), the table seen as rows of the output's length.
/// </summary>
public sealed class TableRowsOperation : Operation
{
    private Variable _table = null!;
    private int _first, _rows, _count;

    internal Variable Forward(Tape tape, Variable table, int first, int rows, Shape shape)
    {
        Check.Equal("table rows", "the table's size modulo the length of a row", table.Value.Count % shape.Columns, 0);
        Check.AtLeast("table rows", "the rows of the table", table.Value.Count / shape.Columns, first + rows);
        Check.AtLeast("table rows", "the rows of the part", rows, 1);
        (_table, _first, _rows, _count) = (table, first, rows, shape.Rows);
        Variable output = tape.NewVariable(shape, table.RequiresGradient);
        ReadOnlySpan<float> from = table.Value.Span;
        Span<float> to = output.Value.Span;
        for (int row = 0; row < _count; row++)
        {
            from.Slice(Source(row) * shape.Columns, shape.Columns).CopyTo(to[(row * shape.Columns)..]);
        }

        return tape.Record(this, output);
    }

    internal override unsafe void Backward(Tape tape)
    {
        KernelSet kernels = tape.Backend.Kernels;
        float* gradient = Output.Gradient.Pointer, table = tape.GradientToAdd(_table).Pointer;
        int columns = Output.Shape.Columns, repeated = Math.Max(0, _count - _rows);
        for (int row = 0; row < repeated; row++)
        {
            kernels.Dropout(default, gradient + ((nint)row * columns), table + ((nint)_first * columns), columns, add: true);
        }

        nint rest = (nint)(_count - repeated) * columns;
        kernels.Dropout(default, gradient + ((nint)repeated * columns), table + ((nint)Source(repeated) * columns), rest, add: true);
    }

    internal override void Clear() => _table = null!;

    private int Source(int row) => Math.Max(_first, _first + _rows - _count + row);
}
