using System.Numerics;
using System.Runtime.InteropServices;

namespace TransformerXL.Tensors.Mpi;

/// <summary>Rounds float32 to bfloat16, to nearest, ties to even, and widens it again.</summary>
internal static class HalfRounding
{
    public static void Narrow(ReadOnlySpan<float> values, Span<ushort> halves)
    {
        ReadOnlySpan<uint> bits = MemoryMarshal.Cast<float, uint>(values);
        int lanes = Vector<uint>.Count, i = 0;
        for (; i <= bits.Length - (2 * lanes); i += 2 * lanes)
        {
            Vector.Narrow(Round(new Vector<uint>(bits[i..])), Round(new Vector<uint>(bits[(i + lanes)..]))).CopyTo(halves[i..]);
        }

        for (; i < bits.Length; i++)
        {
            halves[i] = float.IsNaN(values[i]) ? (ushort)0x7FC0 : (ushort)((bits[i] + 0x7FFF + ((bits[i] >> 16) & 1)) >> 16);
        }
    }

    public static void Widen(ReadOnlySpan<ushort> halves, Span<float> values)
    {
        Span<uint> bits = MemoryMarshal.Cast<float, uint>(values);
        for (int i = 0; i < halves.Length; i++)
        {
            bits[i] = (uint)halves[i] << 16;
        }
    }

    private static Vector<uint> Round(Vector<uint> bits)
    {
        Vector<uint> odd = (bits >>> 16) & Vector<uint>.One, rounded = (bits + new Vector<uint>(0x7FFF) + odd) >>> 16;
        Vector<uint> isNumber = Vector.LessThanOrEqual(bits & new Vector<uint>(0x7FFF_FFFF), new Vector<uint>(0x7F80_0000));
        return Vector.ConditionalSelect(isNumber, rounded, new Vector<uint>(0x7FC0));
    }
}
