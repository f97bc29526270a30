using System.Runtime.CompilerServices;

namespace TransformerXL.Tensors.Cpu.Simd;

/// <summary>
/// Two vectors as one of twice the length. All instruction sets compute with 16 floats at a time, as one vector of 512 bits, two of 256,
/// four of 128 or 16 numbers. Sums across lanes therefore have the same order everywhere, and results the same bits.
/// </summary>
internal readonly unsafe struct SimdPair<TSimd, TVector> : ISimd<VectorPair<TVector>>
    where TSimd : struct, ISimd<TVector>
    where TVector : unmanaged
{
    public static int Count
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => 2 * TSimd.Count;
    }

    public static VectorPair<TVector> Zero
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => new(TSimd.Zero, TSimd.Zero);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorPair<TVector> Broadcast(float value) => new(TSimd.Broadcast(value), TSimd.Broadcast(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorPair<TVector> Load(float* source) => new(TSimd.Load(source), TSimd.Load(source + TSimd.Count));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(float* destination, VectorPair<TVector> value)
    {
        TSimd.Store(destination, value.Low);
        TSimd.Store(destination + TSimd.Count, value.High);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorPair<TVector> LoadBfloat16(ushort* source) => new(TSimd.LoadBfloat16(source), TSimd.LoadBfloat16(source + TSimd.Count));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreBfloat16(ushort* destination, VectorPair<TVector> words)
    {
        TSimd.StoreBfloat16(destination, words.Low);
        TSimd.StoreBfloat16(destination + TSimd.Count, words.High);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorPair<TVector> UpperBfloat16(VectorPair<TVector> words) => new(TSimd.UpperBfloat16(words.Low), TSimd.UpperBfloat16(words.High));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorPair<TVector> LowerBfloat16(VectorPair<TVector> words) => new(TSimd.LowerBfloat16(words.Low), TSimd.LowerBfloat16(words.High));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorPair<TVector> JoinBfloat16(VectorPair<TVector> upper, VectorPair<TVector> lower, uint seed) =>
        new(TSimd.JoinBfloat16(upper.Low, lower.Low, seed), TSimd.JoinBfloat16(upper.High, lower.High, seed + ((uint)TSimd.Count * Rounding.LaneSeed)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorPair<TVector> Shorten(VectorPair<TVector> values, uint lost, uint seed) =>
        new(TSimd.Shorten(values.Low, lost, seed), TSimd.Shorten(values.High, lost, seed + ((uint)TSimd.Count * Rounding.LaneSeed)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorPair<TVector> JoinFloat8(VectorPair<TVector> signed, VectorPair<TVector> positive) => new(TSimd.JoinFloat8(signed.Low, positive.Low), TSimd.JoinFloat8(signed.High, positive.High));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorPair<TVector> FirstFloat8(VectorPair<TVector> words) => new(TSimd.FirstFloat8(words.Low), TSimd.FirstFloat8(words.High));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorPair<TVector> SecondFloat8(VectorPair<TVector> words) => new(TSimd.SecondFloat8(words.Low), TSimd.SecondFloat8(words.High));

    public static VectorPair<TVector> LoadPartial(float* source, int count) => count < TSimd.Count
        ? new(TSimd.LoadPartial(source, count), TSimd.Zero)
        : new(TSimd.Load(source), TSimd.LoadPartial(source + TSimd.Count, count - TSimd.Count));

    public static void StorePartial(float* destination, VectorPair<TVector> value, int count)
    {
        if (count < TSimd.Count)
        {
            TSimd.StorePartial(destination, value.Low, count);
            return;
        }

        TSimd.Store(destination, value.Low);
        TSimd.StorePartial(destination + TSimd.Count, value.High, count - TSimd.Count);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorPair<TVector> Add(VectorPair<TVector> a, VectorPair<TVector> b) => new(TSimd.Add(a.Low, b.Low), TSimd.Add(a.High, b.High));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorPair<TVector> Subtract(VectorPair<TVector> a, VectorPair<TVector> b) =>
        new(TSimd.Subtract(a.Low, b.Low), TSimd.Subtract(a.High, b.High));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorPair<TVector> Multiply(VectorPair<TVector> a, VectorPair<TVector> b) =>
        new(TSimd.Multiply(a.Low, b.Low), TSimd.Multiply(a.High, b.High));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorPair<TVector> Divide(VectorPair<TVector> a, VectorPair<TVector> b) => new(TSimd.Divide(a.Low, b.Low), TSimd.Divide(a.High, b.High));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorPair<TVector> MultiplyAdd(VectorPair<TVector> a, VectorPair<TVector> b, VectorPair<TVector> c) =>
        new(TSimd.MultiplyAdd(a.Low, b.Low, c.Low), TSimd.MultiplyAdd(a.High, b.High, c.High));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorPair<TVector> Max(VectorPair<TVector> a, VectorPair<TVector> b) => new(TSimd.Max(a.Low, b.Low), TSimd.Max(a.High, b.High));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorPair<TVector> Min(VectorPair<TVector> a, VectorPair<TVector> b) => new(TSimd.Min(a.Low, b.Low), TSimd.Min(a.High, b.High));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorPair<TVector> Sqrt(VectorPair<TVector> a) => new(TSimd.Sqrt(a.Low), TSimd.Sqrt(a.High));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorPair<TVector> Round(VectorPair<TVector> a) => new(TSimd.Round(a.Low), TSimd.Round(a.High));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorPair<TVector> WhereAboveZero(VectorPair<TVector> a, VectorPair<TVector> value) =>
        new(TSimd.WhereAboveZero(a.Low, value.Low), TSimd.WhereAboveZero(a.High, value.High));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorPair<TVector> WhereAtLeast(uint* bits, uint threshold, VectorPair<TVector> value) =>
        new(TSimd.WhereAtLeast(bits, threshold, value.Low), TSimd.WhereAtLeast(bits + TSimd.Count, threshold, value.High));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorPair<TVector> PowerOfTwo(VectorPair<TVector> wholeNumber) =>
        new(TSimd.PowerOfTwo(wholeNumber.Low), TSimd.PowerOfTwo(wholeNumber.High));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(VectorPair<TVector> a) => TSimd.Sum(TSimd.Add(a.Low, a.High));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float MaxAcross(VectorPair<TVector> a) => TSimd.MaxAcross(TSimd.Max(a.Low, a.High));
}
