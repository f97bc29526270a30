using TransformerXL.Tensors.Memory;

namespace TransformerXL.Tensors.Cpu.Inference.Int8;

/// <summary>A weight (out, in) in 8 bits, row after row with zeros at the end of each, as <see cref="Int8Dots"/> reads it.</summary>
internal sealed unsafe class Int8RowWeight
{
    private readonly NativeBuffer _rows;
    private readonly Tensor _scales;
    private readonly int _stride;

    /// <summary>Rounds a weight.</summary>
    public Int8RowWeight(Tensor weight)
    {
        int outputs = weight.Shape[0], depth = weight.Shape[1];
        _stride = Int8Rows.Stride(depth);
        _rows = new NativeBuffer((long)Int8Rows.Padded(outputs) * _stride);
        _scales = Tensor.Allocate(new Shape(Int8Rows.Padded(outputs)));
        for (int row = 0; row < outputs; row++)
        {
            _scales.Span[row] = Int8Rows.RoundBytes(weight.Pointer + ((nint)row * depth), depth, Row(row), _stride);
        }

        weight.KeepAlive();
    }

    /// <summary>The first of the rows from one on.</summary>
    public sbyte* Row(int row) => (sbyte*)_rows.Pointer + ((nint)row * _stride);

    /// <summary>The scales of the rows from one on.</summary>
    public float* Scales(int row) => _scales.Pointer + row;
}
