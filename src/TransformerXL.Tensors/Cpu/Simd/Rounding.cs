using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace TransformerXL.Tensors.Cpu.Simd;

/// <summary>
/// Random rounding of two float32 to bfloat16, one word for both. Random bits: h = upper xor (lower times an odd number) plus the seed of the lane, mixed by the last step of MurmurHash3 (Appleby 2011). A value plus 16 of these bits loses
/// its lower half. Infinite values and the NaN of arithmetic stay what they are.
/// </summary>
internal static class Rounding
{
    /// <summary>The seed of a lane is larger by this than that of the lane before.</summary>
    public const uint LaneSeed = 0xBB67_AE85;

    private const uint Spread = 0x9E37_79B1, First = 0x85EB_CA6B, Second = 0xC2B2_AE35, UpperHalf = 0xFFFF_0000, LowerHalf = 0xFFFF;

    public static uint Join(uint upper, uint lower, uint seed)
    {
        uint random = (upper ^ (lower * Spread)) + seed;
        random = (random ^ (random >> 16)) * First;
        random = (random ^ (random >> 13)) * Second;
        random ^= random >> 16;
        return ((upper + (random >> 16)) & UpperHalf) | ((lower + (random & LowerHalf)) >> 16);
    }

    /// <inheritdoc cref="Join(uint, uint, uint)"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<uint> Join(Vector128<uint> upper, Vector128<uint> lower, uint seed)
    {
        Vector128<uint> random = (upper ^ (lower * Vector128.Create(Spread))) + Vector128.Create(seed) + (Vector128<uint>.Indices * Vector128.Create(LaneSeed));
        random = (random ^ (random >>> 16)) * Vector128.Create(First);
        random = (random ^ (random >>> 13)) * Vector128.Create(Second);
        random ^= random >>> 16;
        return ((upper + (random >>> 16)) & Vector128.Create(UpperHalf)) | ((lower + (random & Vector128.Create(LowerHalf))) >>> 16);
    }

    /// <inheritdoc cref="Join(uint, uint, uint)"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> Join(Vector256<uint> upper, Vector256<uint> lower, uint seed)
    {
        Vector256<uint> random = (upper ^ (lower * Vector256.Create(Spread))) + Vector256.Create(seed) + (Vector256<uint>.Indices * Vector256.Create(LaneSeed));
        random = (random ^ (random >>> 16)) * Vector256.Create(First);
        random = (random ^ (random >>> 13)) * Vector256.Create(Second);
        random ^= random >>> 16;
        return ((upper + (random >>> 16)) & Vector256.Create(UpperHalf)) | ((lower + (random & Vector256.Create(LowerHalf))) >>> 16);
    }

    /// <inheritdoc cref="Join(uint, uint, uint)"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<uint> Join(Vector512<uint> upper, Vector512<uint> lower, uint seed)
    {
        Vector512<uint> random = (upper ^ (lower * Vector512.Create(Spread))) + Vector512.Create(seed) + (Vector512<uint>.Indices * Vector512.Create(LaneSeed));
        random = (random ^ (random >>> 16)) * Vector512.Create(First);
        random = (random ^ (random >>> 13)) * Vector512.Create(Second);
        random ^= random >>> 16;
        return ((upper + (random >>> 16)) & Vector512.Create(UpperHalf)) | ((lower + (random & Vector512.Create(LowerHalf))) >>> 16);
    }
}
