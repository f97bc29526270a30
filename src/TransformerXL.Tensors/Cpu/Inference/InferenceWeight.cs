using TransformerXL.Tensors.Cpu.Inference.Int8;
using TransformerXL.Tensors.Cpu.Tiles;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Tensors.Cpu.Inference;

/// <summary>
/// A weight (out, in) and, below float32, a copy of its rows in the precision, as products read it that memory bounds: two bytes for a
/// value in bfloat16; one in 8 bits, symmetric, with a scale for each row that is the row's largest magnitude over 127. The values
/// must stay as they are; several backends of any instruction set may use it. In 8 bits the copy is made at the first product, in the
/// layout that the backend's products read; a second one is made only if backends with and without instructions for 8 bits use the weight.
/// </summary>
public sealed unsafe class InferenceWeight
{
    private readonly NativeBuffer? _rows;
    private readonly Lazy<Int8RowWeight>? _int8Rows;
    private readonly Lazy<Int8StripWeight>? _int8Strips;

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
            if (Depth > Int8.Int8Rows.MaxDepth)
            {
                throw new ArgumentException($"rows of a weight in 8 bits are {Depth} long, but at most {Int8.Int8Rows.MaxDepth} keep their sums exact", nameof(weight));
            }

            _int8Rows = new Lazy<Int8RowWeight>(() => new Int8RowWeight(Weight));
            _int8Strips = new Lazy<Int8StripWeight>(() => new Int8StripWeight(Weight));
        }

        weight.KeepAlive();
    }

    /// <summary>The longest row in 8 bits: the sum of so many products certainly has 32 bits.</summary>
    public static int MaxInt8Depth => Int8.Int8Rows.MaxDepth;

    /// <summary>W as it was given: (out, in).</summary>
    public Tensor Weight { get; }

    /// <summary>The precision of products.</summary>
    public Precision Precision { get; }

    /// <summary>Rows of W.</summary>
    public int Outputs => Weight.Shape[0];

    /// <summary>The length of a row.</summary>
    public int Depth => Weight.Shape[1];

    /// <summary>Bytes that a product of few rows reads: of the values, and in 8 bits of the scales, without what fills up rows and strips.</summary>
    public long Bytes => Precision switch
    {
        Precision.Int8 => Weight.Count + ((long)Outputs * sizeof(float)),
        Precision.Bfloat16 => Weight.Count * sizeof(ushort),
        _ => Weight.Count * sizeof(float),
    };

    /// <summary>The first of the rows from one on, as they are stored; not in 8 bits.</summary>
    internal void* Row(int row) => Precision == Precision.Bfloat16
        ? (ushort*)_rows!.Pointer + ((nint)row * Depth)
        : Weight.Pointer + ((nint)row * Depth);

    /// <summary>The copy in 8 bits, row after row.</summary>
    internal Int8RowWeight Int8Rows => _int8Rows!.Value;

    /// <summary>The copy in 8 bits for a unit that multiplies them.</summary>
    internal Int8StripWeight Int8Strips => _int8Strips!.Value;

    /// <summary>Outputs of a product with a part of the rows begin at a multiple of this.</summary>
    internal int RowMultiple => Precision == Precision.Int8 ? TilePacking.StripLanes : 1;
}
