using TransformerXL.Tensors.Cpu.Inference.Int8;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Tensors.Cpu.Inference;

/// <summary>
/// A weight (out, in) and, below float32, a copy of its rows in the precision, as products read it that memory bounds: two bytes for a
/// value in bfloat16; one in 8 bits, symmetric, with a scale for each row that is the row's largest magnitude over 127. The values
/// must stay as they are; several backends of any instruction set may use it.
/// </summary>
public sealed unsafe class InferenceWeight
{
    private readonly NativeBuffer? _rows;
    private readonly Tensor _scales;

    /// <summary>Rounds a weight.</summary>
    /// <param name="weight">W: (out, in).</param>
    /// <param name="precision">The precision of products with it.</param>
    /// <exception cref="ArgumentException">The weight is no matrix, or its rows are too long for exact sums in 8 bits.</exception>
    public InferenceWeight(Tensor weight, Precision precision)
    {
        if (weight.Shape.Rank != 2)
        {
            throw new ArgumentException($"a weight has the shape {weight.Shape}, but must be a matrix", nameof(weight));
        }

        (Weight, Precision) = (weight, precision);
        if (precision == Precision.Bfloat16)
        {
            _rows = new NativeBuffer(weight.Count * sizeof(ushort));
            Bfloat16Rows.Narrow(weight.Pointer, (ushort*)_rows.Pointer, (nint)weight.Count);
        }
        else if (precision == Precision.Int8)
        {
            if (Depth > Int8Rows.MaxDepth)
            {
                throw new ArgumentException($"rows of a weight in 8 bits are {Depth} long, but at most {Int8Rows.MaxDepth} keep their sums exact", nameof(weight));
            }

            _rows = new NativeBuffer((long)Int8Rows.Padded(Outputs) * Int8Rows.Stride(Depth));
            _scales = Tensor.Allocate(new Shape(Int8Rows.Padded(Outputs)));
            RoundRows();
        }

        weight.KeepAlive();
    }

    /// <summary>The longest row in 8 bits: the sum of so many products certainly has 32 bits.</summary>
    public static int MaxInt8Depth => Int8Rows.MaxDepth;

    /// <summary>W as it was given: (out, in).</summary>
    public Tensor Weight { get; }

    /// <summary>The precision of products.</summary>
    public Precision Precision { get; }

    /// <summary>Rows of W.</summary>
    public int Outputs => Weight.Shape[0];

    /// <summary>The length of a row.</summary>
    public int Depth => Weight.Shape[1];

    /// <summary>Bytes that a product of few rows reads.</summary>
    public long Bytes => _rows is null ? Weight.Count * sizeof(float) : _rows.Bytes + (_scales.IsEmpty ? 0 : _scales.Count * sizeof(float));

    /// <summary>The first of the rows from one on, as they are stored.</summary>
    internal void* Row(int row) => Precision switch
    {
        Precision.Bfloat16 => (ushort*)_rows!.Pointer + ((nint)row * Depth),
        Precision.Int8 => (sbyte*)_rows!.Pointer + ((nint)row * Int8Rows.Stride(Depth)),
        _ => Weight.Pointer + ((nint)row * Depth),
    };

    /// <summary>The scales of the rows from one on, in 8 bits.</summary>
    internal float* Scales(int row) => _scales.Pointer + row;

    /// <summary>Outputs of a product with a part of the rows begin at a multiple of this.</summary>
    internal int RowMultiple => Precision == Precision.Int8 ? Int8Rows.Strip : 1;

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
