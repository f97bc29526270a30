using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace TransformerXL.Tensors.Cpu.MatrixProduct;

/// <summary>Rounding of float32 to bfloat16, its upper half: to nearest, a tie to even; NaN stays NaN, and values that are too large become infinite.</summary>
internal static unsafe class Bfloat16
{
    private const uint Quiet = 0x0040_0000, UpperHalf = 0xFFFF_0000, HalfLess = 0x7FFF;

    /// <summary>The nearest bfloat16 as a float32.</summary>
    public static float Round(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        uint rounded = float.IsNaN(value) ? bits | Quiet : bits + HalfLess + ((bits >> 16) & 1);
        return BitConverter.UInt32BitsToSingle(rounded & UpperHalf);
    }

    /// <summary>Rounds values where they lie.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Round(float* values, nint count)
    {
        nint i = 0;
        for (; i <= count - Vector256<float>.Count; i += Vector256<float>.Count)
        {
            Round(Vector256.Load(values + i)).Store(values + i);
        }

        for (; i < count; i++)
        {
            values[i] = Round(values[i]);
        }
    }

    /// <summary>Rounded values in the lower and the upper halves of words.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<uint> Pair(Vector512<float> lower, Vector512<float> upper) =>
        (Round(lower) >>> 16) | (Round(upper) & Vector512.Create(UpperHalf));

    /// <summary>Rounded values in the upper halves of words; the lower halves are undefined.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> Round(Vector512<float> values)
    {
        Vector512<uint> bits = values.AsUInt32();
        Vector512<uint> rounded = bits + Vector512.Create(HalfLess) + ((bits >>> 16) & Vector512<uint>.One);
        return Vector512.ConditionalSelect(Vector512.Equals(values, values).AsUInt32(), rounded, bits | Vector512.Create(Quiet));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Round(Vector256<float> values)
    {
        Vector256<uint> bits = values.AsUInt32();
        Vector256<uint> rounded = bits + Vector256.Create(HalfLess) + ((bits >>> 16) & Vector256<uint>.One);
        Vector256<uint> number = Vector256.Equals(values, values).AsUInt32();
        return (Vector256.ConditionalSelect(number, rounded, bits | Vector256.Create(Quiet)) & Vector256.Create(UpperHalf)).AsSingle();
    }
}
