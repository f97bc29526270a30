using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace TransformerXL.Tensors.Cpu.Simd;

/// <summary>
/// Two numbers of 8 bits in the upper half of a word: one with a sign, 4 bits of exponent and 3 of fraction, and one that is not negative, with 6 bits of exponent and 2 of fraction. As float32 both have zeros in all
/// other bits, so that the first lies below 2^-111 and the second below 2^-63. The caller scales its numbers to these ranges.
/// </summary>
internal static class Float8Pair
{
    /// <summary>The bits of the fraction of a float32 that the first number lacks, and the second.</summary>
    public const uint LostOfSigned = 0xF_FFFF, LostOfPositive = 0x1F_FFFF;

    private const uint Sign = 0x8000_0000, Signed = 0x7F00_0000, Positive = 0x00FF_0000;

    // From the places of the bits in float32 to those in the word.
    private const int SignedShift = 4, PositiveShift = 5;

    public static uint Join(uint signed, uint positive) => (signed & Sign) | ((signed << SignedShift) & Signed) | ((positive >> PositiveShift) & Positive);

    public static uint FirstOf(uint word) => (word & Sign) | ((word & Signed) >> SignedShift);

    public static uint SecondOf(uint word) => (word & Positive) << PositiveShift;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<uint> Join(Vector128<uint> signed, Vector128<uint> positive) =>
        (signed & Vector128.Create(Sign)) | ((signed << SignedShift) & Vector128.Create(Signed)) | ((positive >>> PositiveShift) & Vector128.Create(Positive));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<uint> FirstOf(Vector128<uint> word) => (word & Vector128.Create(Sign)) | ((word & Vector128.Create(Signed)) >>> SignedShift);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<uint> SecondOf(Vector128<uint> word) => (word & Vector128.Create(Positive)) << PositiveShift;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> Join(Vector256<uint> signed, Vector256<uint> positive) =>
        (signed & Vector256.Create(Sign)) | ((signed << SignedShift) & Vector256.Create(Signed)) | ((positive >>> PositiveShift) & Vector256.Create(Positive));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> FirstOf(Vector256<uint> word) => (word & Vector256.Create(Sign)) | ((word & Vector256.Create(Signed)) >>> SignedShift);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> SecondOf(Vector256<uint> word) => (word & Vector256.Create(Positive)) << PositiveShift;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<uint> Join(Vector512<uint> signed, Vector512<uint> positive) =>
        (signed & Vector512.Create(Sign)) | ((signed << SignedShift) & Vector512.Create(Signed)) | ((positive >>> PositiveShift) & Vector512.Create(Positive));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<uint> FirstOf(Vector512<uint> word) => (word & Vector512.Create(Sign)) | ((word & Vector512.Create(Signed)) >>> SignedShift);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<uint> SecondOf(Vector512<uint> word) => (word & Vector512.Create(Positive)) << PositiveShift;
}
