using System.Runtime.CompilerServices;
using TransformerXL.Tensors.Cpu.Simd;

namespace TransformerXL.Tensors.Cpu.Optimizer;

/// <summary>Loads and stores of a whole vector or of its first lanes.</summary>
internal static unsafe class Lanes<TSimd, TVector>
    where TSimd : struct, ISimd<TVector>
    where TVector : unmanaged
{
    /// <summary>Loads at most a whole vector. Lanes beyond <paramref name="lanes"/> are zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Load(float* source, int lanes) => lanes >= TSimd.Count ? TSimd.Load(source) : TSimd.LoadPartial(source, lanes);

    /// <summary>Stores the first <paramref name="lanes"/> lanes, at most a whole vector.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(float* destination, TVector value, int lanes)
    {
        if (lanes >= TSimd.Count)
        {
            TSimd.Store(destination, value);
        }
        else
        {
            TSimd.StorePartial(destination, value, lanes);
        }
    }

    /// <summary>Loads at most a whole vector of bfloat16. Lanes beyond <paramref name="lanes"/> are zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector LoadBfloat16(ushort* source, int lanes) => lanes >= TSimd.Count ? TSimd.LoadBfloat16(source) : LoadPart(source, lanes);

    /// <summary>Stores the bfloat16 in the upper halves of the first <paramref name="lanes"/> words, at most a whole vector.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreBfloat16(ushort* destination, TVector words, int lanes)
    {
        if (lanes >= TSimd.Count)
        {
            TSimd.StoreBfloat16(destination, words);
        }
        else
        {
            StorePart(destination, words, lanes);
        }
    }

    private static TVector LoadPart(ushort* source, int lanes)
    {
        Span<ushort> part = stackalloc ushort[TSimd.Count];
        part.Clear();
        new ReadOnlySpan<ushort>(source, lanes).CopyTo(part);
        fixed (ushort* first = part)
        {
            return TSimd.LoadBfloat16(first);
        }
    }

    private static void StorePart(ushort* destination, TVector words, int lanes)
    {
        ushort* part = stackalloc ushort[TSimd.Count];
        TSimd.StoreBfloat16(part, words);
        new ReadOnlySpan<ushort>(part, lanes).CopyTo(new Span<ushort>(destination, lanes));
    }
}
