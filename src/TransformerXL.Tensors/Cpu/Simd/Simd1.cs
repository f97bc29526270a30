using System.Runtime.CompilerServices;

namespace TransformerXL.Tensors.Cpu.Simd;

/// <summary>One float at a time: the scalar form that every vector form is compared with.</summary>
internal readonly unsafe struct Simd1 : ISimd<float>
{
    public static int Count => 1;

    public static float Zero => 0;

    public static float Broadcast(float value) => value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Load(float* source) => *source;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(float* destination, float value) => *destination = value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float LoadBfloat16(ushort* source) => BitConverter.UInt32BitsToSingle((uint)*source << 16);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreBfloat16(ushort* destination, float words) => *destination = (ushort)(BitConverter.SingleToUInt32Bits(words) >> 16);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float UpperBfloat16(float words) => BitConverter.UInt32BitsToSingle(BitConverter.SingleToUInt32Bits(words) & 0xFFFF_0000);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float LowerBfloat16(float words) => BitConverter.UInt32BitsToSingle(BitConverter.SingleToUInt32Bits(words) << 16);

    public static float JoinBfloat16(float upper, float lower, uint seed) =>
        BitConverter.UInt32BitsToSingle(Rounding.Join(BitConverter.SingleToUInt32Bits(upper), BitConverter.SingleToUInt32Bits(lower), seed));

    public static float Shorten(float values, uint lost, uint seed) => BitConverter.UInt32BitsToSingle(Rounding.Shorten(BitConverter.SingleToUInt32Bits(values), lost, seed));

    public static float JoinFloat8(float signed, float positive) => BitConverter.UInt32BitsToSingle(Float8Pair.Join(BitConverter.SingleToUInt32Bits(signed), BitConverter.SingleToUInt32Bits(positive)));

    public static float FirstFloat8(float words) => BitConverter.UInt32BitsToSingle(Float8Pair.FirstOf(BitConverter.SingleToUInt32Bits(words)));

    public static float SecondFloat8(float words) => BitConverter.UInt32BitsToSingle(Float8Pair.SecondOf(BitConverter.SingleToUInt32Bits(words)));

    public static float LoadPartial(float* source, int count) => count > 0 ? *source : 0;

    public static void StorePartial(float* destination, float value, int count)
    {
        if (count > 0)
        {
            *destination = value;
        }
    }

    public static float Add(float a, float b) => a + b;

    public static float Subtract(float a, float b) => a - b;

    public static float Multiply(float a, float b) => a * b;

    public static float Divide(float a, float b) => a / b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float MultiplyAdd(float a, float b, float c) => MathF.FusedMultiplyAdd(a, b, c);

    public static float Max(float a, float b) => a > b ? a : b;

    public static float Min(float a, float b) => a < b ? a : b;

    public static float Sqrt(float a) => MathF.Sqrt(a);

    public static float Round(float a) => MathF.Round(a);

    public static float WhereAboveZero(float a, float value) => a > 0 ? value : 0;

    public static float WhereAtLeast(uint* bits, uint threshold, float value) => *bits >= threshold ? value : 0;

    public static float PowerOfTwo(float wholeNumber) => BitConverter.Int32BitsToSingle(((int)wholeNumber + 127) << 23);

    public static float Sum(float a) => a;

    public static float MaxAcross(float a) => a;
}
