using TransformerXL.Tensors.Cpu.Inference.Int8;
using TransformerXL.Tensors.Inference;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Tensors.Cpu.Inference;

/// <summary>
/// A weight in float32 as it was given, or, in lower precisions, with a copy of its rows for memory-bound products: two bytes for each value in
/// bfloat16, one byte in 8 bits with a scale for each row. Backends of any instruction set read the same copy.
/// </summary>
internal sealed unsafe class CpuInferenceWeight : InferenceWeight
{
    private readonly NativeBuffer? _rows;
    private readonly Tensor _scales;

    /// <inheritdoc cref="CpuBackend.CreateWeight"/>
    public CpuInferenceWeight(Tensor weight, Precision precision)
        : base(weight, precision)
    {
        if (precision == Precision.Bfloat16)
        {
            _rows = new NativeBuffer(weight.Count * sizeof(ushort));
            Bfloat16Rows.Narrow(weight.Pointer, (ushort*)_rows.Pointer, (nint)weight.Count);
        }
        else if (precision == Precision.Int8)
        {
            _rows = new NativeBuffer((long)Int8Rows.Padded(Outputs) * Int8Rows.Stride(Depth));
            _scales = Tensor.Allocate(new Shape(Int8Rows.Padded(Outputs)));
            RoundRows();
        }

        weight.KeepAlive();
    }

    public override long Bytes => _rows is null ? Weight.Count * sizeof(float) : _rows.Bytes + (_scales.IsEmpty ? 0 : _scales.Count * sizeof(float));

    internal override int RowMultiple => Precision == Precision.Int8 ? Int8Rows.Strip : 1;

    /// <summary>The first of the rows from one on, as they are stored.</summary>
    public void* Row(int row) => Precision switch
    {
        Precision.Bfloat16 => (ushort*)_rows!.Pointer + ((nint)row * Depth),
        Precision.Int8 => (sbyte*)_rows!.Pointer + ((nint)row * Int8Rows.Stride(Depth)),
        _ => Weight.Pointer + ((nint)row * Depth),
    };

    /// <summary>The scales of the rows from one on, in 8 bits.</summary>
    public float* Scales(int row) => _scales.Pointer + row;

    private void RoundRows()
    {
        int stride = Int8Rows.Stride(Depth);
        NativeBuffer whole = new(stride * sizeof(short));
        short* from = (short*)whole.Pointer;
        for (int row = 0; row < Outputs; row++)
        {
            _scales.Span[row] = Int8Rows.Round(Weight.Pointer + ((nint)row * Depth), Depth, from);
            sbyte* to = (sbyte*)Row(row);
            for (int i = 0; i < stride; i++)
            {
                to[i] = (sbyte)from[i];
            }
        }

        GC.KeepAlive(whole);
    }
}
