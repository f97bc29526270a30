using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace TransformerXL.Tensors.Cpu.Simd;

/// <summary>
/// The sums across the lanes of several vectors of AVX-512 together, in a third of the instructions that one after the other needs. Each is added in the order
/// of <see cref="Simd512.Sum"/> and has its bits.
/// </summary>
internal static unsafe class LaneSums
{
    private const byte Even = 0x88, Odd = 0xDD, SwapPairs = 0x4E, SwapNeighbours = 0xB1;

    /// <summary>Whether vectors of a kernel can be summed so; decided when the kernel is compiled.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsFor<TVector>() => typeof(TVector) == typeof(Vector512<float>) && Avx512F.IsSupported;

    /// <summary>Four partial sums of each of four vectors: lanes 0 to 3 those of the first.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Quarters<TVector>(TVector a, TVector b, TVector c, TVector d)
        where TVector : unmanaged
    {
        Vector512<float> first = Unsafe.BitCast<TVector, Vector512<float>>(a), second = Unsafe.BitCast<TVector, Vector512<float>>(b);
        Vector512<float> third = Unsafe.BitCast<TVector, Vector512<float>>(c), fourth = Unsafe.BitCast<TVector, Vector512<float>>(d);
        const byte Lower = 0x44, Upper = 0xEE;
        Vector512<float> ab = Avx512F.Shuffle4x128(first, second, Lower) + Avx512F.Shuffle4x128(first, second, Upper);
        Vector512<float> cd = Avx512F.Shuffle4x128(third, fourth, Lower) + Avx512F.Shuffle4x128(third, fourth, Upper);
        return Avx512F.Shuffle4x128(ab, cd, Even) + Avx512F.Shuffle4x128(ab, cd, Odd);
    }

    /// <summary>The sums of four vectors from their <see cref="Quarters"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Four(Vector512<float> quarters)
    {
        Vector512<float> pairs = quarters + Avx512F.Permute4x32(quarters, SwapPairs);
        Vector512<float> sums = pairs + Avx512F.Permute4x32(pairs, SwapNeighbours);
        return Avx512F.PermuteVar16x32(sums, Vector512.Create(0, 4, 8, 12, 0, 4, 8, 12, 0, 4, 8, 12, 0, 4, 8, 12)).GetLower().GetLower();
    }

    /// <summary>The sums of 16 vectors from their <see cref="Quarters"/>: sums[i stride + j] is that of vector i of group j.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector512<float> group0, Vector512<float> group1, Vector512<float> group2, Vector512<float> group3, float* sums, int stride)
    {
        Vector512<float> pairs01 = Pairs(group0, group1), pairs23 = Pairs(group2, group3);
        Vector512<float> all = Avx512F.Shuffle(pairs01, pairs23, Even) + Avx512F.Shuffle(pairs01, pairs23, Odd);
        all.GetLower().GetLower().Store(sums);
        all.GetLower().GetUpper().Store(sums + stride);
        all.GetUpper().GetLower().Store(sums + (2 * stride));
        all.GetUpper().GetUpper().Store(sums + (3 * stride));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Pairs(Vector512<float> a, Vector512<float> b) =>
        Avx512F.UnpackLow(a.AsDouble(), b.AsDouble()).AsSingle() + Avx512F.UnpackHigh(a.AsDouble(), b.AsDouble()).AsSingle();
}
