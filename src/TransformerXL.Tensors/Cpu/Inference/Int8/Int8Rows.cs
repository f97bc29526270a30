using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace TransformerXL.Tensors.Cpu.Inference.Int8;

/// <summary>
/// Rows as whole numbers from -127 to 127 times a scale, which is the largest magnitude of the row over 127: symmetric, so that a
/// product of two rows is the product of the scales with an exact sum. A row with a value that is not finite gets the scale
/// NaN, which then appears in every product. A row whose values are all below 1e-30 counts as zeros.
/// </summary>
internal static unsafe class Int8Rows
{
    /// <summary>Rows end with zeros at a multiple of this, the maximum number of values in a vector.</summary>
    public const int DepthMultiple = 32;

    /// <summary>Rows of a weight that are read side by side; the last strip is padded with rows of zeros.</summary>
    public const int Strip = 8;

    private const int Maximum = 127;
    private const float Minimum = 1e-30f;

    /// <summary>Numbers from one row to the next.</summary>
    public static int Stride(int depth) => (depth + DepthMultiple - 1) / DepthMultiple * DepthMultiple;

    /// <summary>Number of rows including the padding of the last strip.</summary>
    public static int Padded(int rows) => (rows + Strip - 1) / Strip * Strip;

    /// <summary>Rounds a row to the nearest multiples of its scale, ties to even; returns the scale.</summary>
    public static float Round(float* row, int depth, short* whole)
    {
        new Span<short>(whole + depth, Stride(depth) - depth).Clear();
        float scale = ScaleOf(row, depth, out float inverse);
        if (inverse == 0)
        {
            new Span<short>(whole, depth).Clear();
            return scale;
        }

        Round(row, depth, inverse, whole);
        return scale;
    }

    /// <summary>The same into bytes, with zeros up to a stride.</summary>
    public static float RoundBytes(float* row, int depth, sbyte* whole, int stride)
    {
        const int Part = 256;
        short* part = stackalloc short[Part];
        float scale = ScaleOf(row, depth, out float inverse);
        new Span<sbyte>(whole, stride).Clear();
        for (int k = 0; k < depth && inverse != 0; k += Part)
        {
            int count = Math.Min(Part, depth - k);
            Round(row + k, count, inverse, part);
            for (int i = 0; i < count; i++)
            {
                whole[k + i] = (sbyte)part[i];
            }
        }

        return scale;
    }

    /// <summary>The sum of a row.</summary>
    public static int Sum(sbyte* whole, int count)
    {
        int sum = 0;
        for (int i = 0; i < count; i++)
        {
            sum += whole[i];
        }

        return sum;
    }

    /// <summary>The scale of a row.</summary>
    /// <param name="row">The values.</param>
    /// <param name="depth">The number of values.</param>
    /// <param name="inverse">The factor of the values; 0 if they all count as zero.</param>
    public static float ScaleOf(float* row, int depth, out float inverse)
    {
        float max = LargestMagnitude(row, depth);
        bool finite = float.IsFinite(max);
        if (!finite || max < Minimum)
        {
            inverse = 0;
            return finite ? 0 : float.NaN;
        }

        inverse = Maximum / max;
        return max / Maximum;
    }

    /// <summary>Multiplies by the inverse of the scale and rounds to the nearest whole number, ties to even.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Round(float* row, int depth, float inverse, short* whole)
    {
        Vector256<float> factor = Vector256.Create(inverse);
        int i = 0;
        for (; i <= depth - 16; i += 16)
        {
            Vector256<int> first = Whole(Vector256.Load(row + i) * factor), second = Whole(Vector256.Load(row + i + 8) * factor);
            Vector256.Narrow(first, second).Store(whole + i);
        }

        for (; i < depth; i++)
        {
            whole[i] = (short)MathF.Round(row[i] * inverse);
        }
    }

    /// <summary>The largest magnitude; NaN or infinity if there is one. Bits of positive floats are ordered like them, NaN last.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float LargestMagnitude(float* row, int depth)
    {
        const int Magnitude = int.MaxValue;
        Vector256<int> largest = Vector256<int>.Zero, second = Vector256<int>.Zero;
        int max = 0, i = 0;
        for (; i <= depth - 16; i += 16)
        {
            largest = Vector256.Max(largest, Vector256.Load((int*)row + i) & Vector256.Create(Magnitude));
            second = Vector256.Max(second, Vector256.Load((int*)row + i + 8) & Vector256.Create(Magnitude));
        }

        largest = Vector256.Max(largest, second);

        for (int lane = 0; lane < 8; lane++)
        {
            max = Math.Max(max, largest[lane]);
        }

        for (; i < depth; i++)
        {
            max = Math.Max(max, ((int*)row)[i] & Magnitude);
        }

        return BitConverter.Int32BitsToSingle(max);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Whole(Vector256<float> values) => Vector256.ConvertToInt32Native(Vector256.Round(values));
}
