using TransformerXL.Tensors.Memory;

namespace TransformerXL.Tensors.Inference;

/// <summary>
/// A weight (out, in) in the layout of inference products, created by <see cref="Backend.CreateWeight"/>. In <see cref="Precision.Bfloat16"/>
/// each value is rounded to nearest and to even; in <see cref="Precision.Int8"/> values are whole numbers from -127 to 127 with a scale for
/// each row, which is the row's largest magnitude over 127. The values must not change. Several backends of the class that created it may
/// use it at once.
/// </summary>
public abstract class InferenceWeight
{
    /// <summary>The maximum length of a row in 8 bits: the sum of this number of products always fits in 32 bits.</summary>
    public const int MaxInt8Depth = int.MaxValue / (127 * 127);

    /// <summary>Checks a weight.</summary>
    /// <param name="weight">W: (out, in).</param>
    /// <param name="precision">The precision of products with it.</param>
    /// <exception cref="ArgumentException">The weight is not a matrix, or its rows are too long for exact sums in 8 bits.</exception>
    private protected InferenceWeight(Tensor weight, Precision precision)
    {
        if (weight.Shape.Rank != 2)
        {
            throw new ArgumentException($"a weight has the shape {weight.Shape}, but must be a matrix", nameof(weight));
        }

        if (precision == Precision.Int8 && weight.Shape[1] > MaxInt8Depth)
        {
            throw new ArgumentException($"rows of a weight in 8 bits are {weight.Shape[1]} long, but at most {MaxInt8Depth} keep their sums exact", nameof(weight));
        }

        (Weight, Precision) = (weight, precision);
    }

    /// <summary>W as it was given: (out, in); without memory once this object has freed it (<see cref="Backend.PrepareWeight"/>).</summary>
    public Tensor Weight { get; private protected set; }

    /// <summary>The precision of products.</summary>
    public Precision Precision { get; }

    /// <summary>Rows of W.</summary>
    public int Outputs => Weight.Shape[0];

    /// <summary>The length of a row.</summary>
    public int Depth => Weight.Shape[1];

    /// <summary>Bytes that a product of few rows reads.</summary>
    public abstract long Bytes { get; }

    /// <summary>A product with a part of the rows begins at a multiple of this.</summary>
    internal abstract int RowMultiple { get; }
}
