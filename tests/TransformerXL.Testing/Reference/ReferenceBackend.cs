using TransformerXL.Tensors;
using TransformerXL.Tensors.Memory;
using TransformerXL.Tensors.Random;
using TransformerXL.Testing.Oracles;

namespace TransformerXL.Testing.Reference;

/// <summary>
/// What every operation of a backend has to compute, one number at a time and with sums in double precision: the specification that
/// other backends are held against, to be read rather than to be fast.
/// </summary>
public sealed partial class ReferenceBackend : Backend
{
    /// <inheritdoc/>
    public override string Name => "Reference";

    /// <inheritdoc/>
    public override int Threads => 1;

    internal override void Multiply(Matrix left, Matrix right, Tensor result, Precision precision, bool add = false)
    {
        Span<float> c = result.Span;
        for (int row = 0; row < left.Rows; row++)
        {
            for (int column = 0; column < right.Columns; column++)
            {
                int place = (row * right.Columns) + column;
                c[place] = (add ? c[place] : 0) + (float)Dot(left, row, right, column, precision);
            }
        }
    }

    internal override void Linear(
        Matrix left, Matrix right, Tensor result, Precision precision, Tensor bias, Activation activation = Activation.None, Tensor beforeGelu = default, DropoutMask dropout = default)
    {
        DropoutOracle mask = Oracle(dropout);
        for (int row = 0; row < left.Rows; row++)
        {
            for (int column = 0; column < right.Columns; column++)
            {
                int place = (row * right.Columns) + column;
                double sum = Dot(left, row, right, column, precision) + (bias.IsEmpty ? 0 : bias.Span[column]);
                if (!beforeGelu.IsEmpty)
                {
                    beforeGelu.Span[place] = (float)sum;
                }

                result.Span[place] = (float)mask.Apply(ActivationOracle.Apply(activation, sum), place);
            }
        }
    }

    internal override int PackedSize(Matrix right, Precision precision) => right.Rows * right.Columns;

    /// <summary>Row-major, whatever the matrix was.</summary>
    internal override void Pack(Matrix right, Precision precision, Tensor packed)
    {
        for (int row = 0; row < right.Rows; row++)
        {
            for (int column = 0; column < right.Columns; column++)
            {
                packed.Span[(row * right.Columns) + column] = At(right, row, column);
            }
        }
    }

    internal override void MultiplyPacked(Matrix left, Tensor packed, Tensor result, Precision precision) =>
        Multiply(left, Matrix.Of(packed.Reshape(new Shape(left.Columns, result.Shape.Columns))), result, precision);

    private static double Dot(Matrix left, int row, Matrix right, int column, Precision precision)
    {
        double sum = 0;
        for (int k = 0; k < left.Columns; k++)
        {
            sum += (double)Rounded(At(left, row, k), precision) * Rounded(At(right, k, column), precision);
        }

        return sum;
    }

    private static float At(Matrix matrix, int row, int column) =>
        matrix.Tensor.Span[matrix.IsTransposed ? (column * matrix.Rows) + row : (row * matrix.Columns) + column];

    /// <summary>To the nearest value of bfloat16, ties to even.</summary>
    private static float Rounded(float x, Precision precision)
    {
        if (precision != Precision.Bfloat16)
        {
            return x;
        }

        uint bits = BitConverter.SingleToUInt32Bits(x);
        return BitConverter.UInt32BitsToSingle((bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000);
    }

    private static DropoutOracle Oracle(DropoutMask mask) => new(mask.Probability, mask.Seed, mask.Step, mask.Operation);
}
