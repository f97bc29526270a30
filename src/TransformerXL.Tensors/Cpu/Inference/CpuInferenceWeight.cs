using TransformerXL.Tensors.Cpu.Inference.Int8;
using TransformerXL.Tensors.Cpu.Tiles;
using TransformerXL.Tensors.Inference;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Tensors.Cpu.Inference;

/// <summary>
/// A weight in float32 as it was given, or, in lower precisions, with a copy of its rows for memory-bound products: two bytes for each value in
/// bfloat16, one byte in 8 bits with a scale for each row. Backends of any instruction set can read it. In 8 bits the first product creates the
/// copy in the layout that the backend's products read; a second copy is created only if backends with and without instructions for 8 bits
/// use the weight.
/// </summary>
internal sealed unsafe class CpuInferenceWeight : InferenceWeight
{
    private readonly NativeBuffer? _rows;
    private readonly Lazy<Int8RowWeight>? _int8Rows;
    private readonly Lazy<Int8StripWeight>? _int8Strips;

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
            _int8Rows = new Lazy<Int8RowWeight>(() => new Int8RowWeight(Weight));
            _int8Strips = new Lazy<Int8StripWeight>(() => new Int8StripWeight(Weight));
        }

        weight.KeepAlive();
    }

    /// <summary>The copy in 8 bits, row after row.</summary>
    public Int8RowWeight Int8Rows => _int8Rows!.Value;

    /// <summary>The copy in 8 bits for a unit that multiplies them.</summary>
    public Int8StripWeight Int8Strips => _int8Strips!.Value;

    /// <summary>Bytes of the values, and in 8 bits of the scales, without the padding of rows and strips.</summary>
    public override long Bytes => Precision switch
    {
        Precision.Int8 => Weight.Count + ((long)Outputs * sizeof(float)),
        Precision.Bfloat16 => Weight.Count * sizeof(ushort),
        _ => Weight.Count * sizeof(float),
    };

    internal override int RowMultiple => Precision == Precision.Int8 ? TilePacking.StripLanes : 1;

    /// <summary>The first of the rows from one on, as they are stored; not in 8 bits.</summary>
    public void* Row(int row) => Precision == Precision.Bfloat16
        ? (ushort*)_rows!.Pointer + ((nint)row * Depth)
        : Weight.Pointer + ((nint)row * Depth);
}
