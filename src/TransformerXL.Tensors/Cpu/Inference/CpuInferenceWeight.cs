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
    private readonly bool _owns;
    private readonly Lock _rounding = new();
    private readonly Lazy<Int8RowWeight>? _int8Rows;
    private readonly Lazy<Int8StripWeight>? _int8Strips;

    /// <summary>Stores a weight.</summary>
    /// <param name="weight">W: (out, in).</param>
    /// <param name="precision">The precision of products with it.</param>
    /// <param name="owns">Whether nothing else reads W, so that it is freed once it is rounded. In float32 the owner frees it (<see cref="Free"/>).</param>
    /// <exception cref="ArgumentException">The weight is not a matrix, or its rows are too long for exact sums in 8 bits.</exception>
    public CpuInferenceWeight(Tensor weight, Precision precision, bool owns = false)
        : base(weight, precision)
    {
        _owns = owns;
        if (precision == Precision.Bfloat16)
        {
            _rows = new NativeBuffer(weight.Count * sizeof(ushort));
            Bfloat16Rows.Narrow(weight.Pointer, (ushort*)_rows.Pointer, (nint)weight.Count);
        }
        else if (precision == Precision.Int8)
        {
            _int8Rows = new Lazy<Int8RowWeight>(() => Rounded(values => new Int8RowWeight(values)));
            _int8Strips = new Lazy<Int8StripWeight>(() => Rounded(values => new Int8StripWeight(values)));
        }

        weight.KeepAlive();
        if (owns && precision == Precision.Bfloat16)
        {
            FreeSource();
        }
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

    /// <summary>Frees the rows, which nothing may read any more; not in 8 bits.</summary>
    public void Free()
    {
        FreeSource();
        _rows?.Free();
    }

    /// <summary>W, which this object then has no more.</summary>
    public Tensor TakeSource()
    {
        Tensor source = Weight;
        Weight = Tensor.WithoutMemory(source.Shape);
        return source;
    }

    private void FreeSource() => TakeSource().Owner?.Free();

    /// <summary>W in float32, rounded to the precision if it was freed; not in 8 bits.</summary>
    public Tensor Float32()
    {
        if (!Weight.IsEmpty)
        {
            return Weight;
        }

        Tensor widened = Tensor.Allocate(Weight.Shape);
        Bfloat16Rows.Widen((ushort*)_rows!.Pointer, widened.Pointer, (nint)widened.Count);
        GC.KeepAlive(_rows);
        return widened;
    }

    /// <summary>The first of the rows from one on, as they are stored; not in 8 bits.</summary>
    public void* Row(int row) => Precision == Precision.Bfloat16
        ? (ushort*)_rows!.Pointer + ((nint)row * Depth)
        : Weight.Pointer + ((nint)row * Depth);

    /// <exception cref="InvalidOperationException">W was freed when backends of the other kind had made their copy.</exception>
    private TCopy Rounded<TCopy>(Func<Tensor, TCopy> round)
    {
        lock (_rounding)
        {
            if (Weight.IsEmpty)
            {
                throw new InvalidOperationException("a weight in 8 bits that owns its values was rounded for backends with other instructions for 8 bits, and has freed the values");
            }

            TCopy copy = round(Weight);
            if (_owns)
            {
                FreeSource();
            }

            return copy;
        }
    }
}
