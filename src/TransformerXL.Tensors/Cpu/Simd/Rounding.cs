using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace TransformerXL.Tensors.Cpu.Simd;

/// <summary>
/// Random rounding of float32 to fewer bits, and of two to bfloat16, one word for both. Random bits: h = the value, or upper xor (lower times an odd number), plus the seed of the lane, mixed by the last step of MurmurHash3 (Appleby 2011). As many of
/// these bits as a value loses are added to it before. Infinite values and the NaN of arithmetic stay what they are in bfloat16.
/// </summary>
internal static class Rounding
{
    /// <summary>The seed of a lane is larger by this than that of the lane before.</summary>
    public const uint LaneSeed = 0xBB67_AE85;

    private const uint Spread = 0x9E37_79B1, First = 0x85EB_CA6B, Second = 0xC2B2_AE35, UpperHalf = 0xFFFF_0000, LowerHalf = 0xFFFF;

    public static uint Join(uint upper, uint lower, uint seed)
    {
        uint random = Mix((upper ^ (lower * Spread)) + seed);
        return ((upper + (random >> 16)) & UpperHalf) | ((lower + (random & LowerHalf)) >> 16);
    }

    /// <inheritdoc cref="Join(uint, uint, uint)"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<uint> Join(Vector128<uint> upper, Vector128<uint> lower, uint seed)
    {
        Vector128<uint> random = Mix((upper ^ (lower * Vector128.Create(Spread))) + Vector128.Create(seed) + (Vector128<uint>.Indices * Vector128.Create(LaneSeed)));
        return ((upper + (random >>> 16)) & Vector128.Create(UpperHalf)) | ((lower + (random & Vector128.Create(LowerHalf))) >>> 16);
    }

    /// <inheritdoc cref="Join(uint, uint, uint)"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> Join(Vector256<uint> upper, Vector256<uint> lower, uint seed)
    {
        Vector256<uint> random = Mix((upper ^ (lower * Vector256.Create(Spread))) + Vector256.Create(seed) + (Vector256<uint>.Indices * Vector256.Create(LaneSeed)));
        return ((upper + (random >>> 16)) & Vector256.Create(UpperHalf)) | ((lower + (random & Vector256.Create(LowerHalf))) >>> 16);
    }

    /// <inheritdoc cref="Join(uint, uint, uint)"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<uint> Join(Vector512<uint> upper, Vector512<uint> lower, uint seed)
    {
        Vector512<uint> random = Mix((upper ^ (lower * Vector512.Create(Spread))) + Vector512.Create(seed) + (Vector512<uint>.Indices * Vector512.Create(LaneSeed)));
        return ((upper + (random >>> 16)) & Vector512.Create(UpperHalf)) | ((lower + (random & Vector512.Create(LowerHalf))) >>> 16);
    }

    /// <summary>Rounds a value at random to one without the bits of <paramref name="lost"/>, the lowest of its fraction.</summary>
    public static uint Shorten(uint value, uint lost, uint seed) => (value + (Mix(value + seed) & lost)) & ~lost;

    /// <inheritdoc cref="Shorten(uint, uint, uint)"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<uint> Shorten(Vector128<uint> value, uint lost, uint seed)
    {
        Vector128<uint> random = Mix(value + Vector128.Create(seed) + (Vector128<uint>.Indices * Vector128.Create(LaneSeed)));
        return (value + (random & Vector128.Create(lost))) & Vector128.Create(~lost);
    }

    /// <inheritdoc cref="Shorten(uint, uint, uint)"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> Shorten(Vector256<uint> value, uint lost, uint seed)
    {
        Vector256<uint> random = Mix(value + Vector256.Create(seed) + (Vector256<uint>.Indices * Vector256.Create(LaneSeed)));
        return (value + (random & Vector256.Create(lost))) & Vector256.Create(~lost);
    }

    /// <inheritdoc cref="Shorten(uint, uint, uint)"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<uint> Shorten(Vector512<uint> value, uint lost, uint seed)
    {
        Vector512<uint> random = Mix(value + Vector512.Create(seed) + (Vector512<uint>.Indices * Vector512.Create(LaneSeed)));
        return (value + (random & Vector512.Create(lost))) & Vector512.Create(~lost);
    }

    private static uint Mix(uint random)
    {
        random = (random ^ (random >> 16)) * First;
        random = (random ^ (random >> 13)) * Second;
        return random ^ (random >> 16);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<uint> Mix(Vector128<uint> random)
    {
        random = (random ^ (random >>> 16)) * Vector128.Create(First);
        random = (random ^ (random >>> 13)) * Vector128.Create(Second);
        return random ^ (random >>> 16);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Mix(Vector256<uint> random)
    {
        random = (random ^ (random >>> 16)) * Vector256.Create(First);
        random = (random ^ (random >>> 13)) * Vector256.Create(Second);
        return random ^ (random >>> 16);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> Mix(Vector512<uint> random)
    {
        random = (random ^ (random >>> 16)) * Vector512.Create(First);
        random = (random ^ (random >>> 13)) * Vector512.Create(Second);
        return random ^ (random >>> 16);
    }
}
