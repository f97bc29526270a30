using System.Runtime.CompilerServices;
using TransformerXL.Tensors.Cpu.Simd;

namespace TransformerXL.Tensors.Cpu.Elementwise;

/// <summary>
/// GELU(x) = x Φ(x) and its derivative Φ(x) + x φ(x), Φ and φ being the normal distribution function and density. Both come
/// from Q(a) = Φ(-a) for a = |x|, so that nothing cancels far below zero: the relative error of GELU stays below 1e-6.
/// </summary>
internal static unsafe class GeluKernel<TSimd, TVector>
    where TSimd : struct, ISimd<TVector>
    where TVector : unmanaged
{
    /// <summary>Q is below 4e-36 from here on; a is limited to it, so that no product overflows or becomes denormal.</summary>
    private const float Farthest = 12.5f;

    /// <summary>1 / sqrt(2 pi).</summary>
    private const float DensityAtZero = 0.398942280f;

    /// <summary>y = GELU(x); both may be the same.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Apply(float* x, float* y, int count)
    {
        int i = 0;
        for (; i <= count - TSimd.Count; i += TSimd.Count)
        {
            TSimd.Store(y + i, Gelu(TSimd.Load(x + i)));
        }

        if (i < count)
        {
            TSimd.StorePartial(y + i, Gelu(TSimd.LoadPartial(x + i, count - i)), count - i);
        }
    }

    /// <summary>y = y * GELU'(x).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void MultiplyByDerivative(float* y, float* x, int count)
    {
        int i = 0;
        for (; i <= count - TSimd.Count; i += TSimd.Count)
        {
            TSimd.Store(y + i, TSimd.Multiply(TSimd.Load(y + i), Derivative(TSimd.Load(x + i))));
        }

        if (i < count)
        {
            int rest = count - i;
            TSimd.StorePartial(y + i, TSimd.Multiply(TSimd.LoadPartial(y + i, rest), Derivative(TSimd.LoadPartial(x + i, rest))), rest);
        }
    }

    /// <summary>x Φ(x) = max(x, 0) - a Q(a).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Gelu(TVector x)
    {
        TVector a = Magnitude(x), bell = Bell(a);
        return TSimd.Subtract(TSimd.Max(TSimd.Zero, x), TSimd.Multiply(TSimd.Multiply(a, bell), TailByBell(a)));
    }

    /// <summary>Φ(x) + x φ(x) = g for x at or below zero and 1 - g above, where g = Q(a) - a φ(a).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Derivative(TVector x)
    {
        TVector a = Magnitude(x);
        TVector g = TSimd.Multiply(Bell(a), TSimd.MultiplyAdd(a, TSimd.Broadcast(-DensityAtZero), TailByBell(a)));
        return TSimd.Add(g, TSimd.WhereAboveZero(x, TSimd.MultiplyAdd(g, TSimd.Broadcast(-2f), TSimd.Broadcast(1f))));
    }

    /// <summary>|x|, limited. In this order of operands a NaN stays one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Magnitude(TVector x) =>
        TSimd.Min(TSimd.Broadcast(Farthest), TSimd.Max(TSimd.Subtract(TSimd.Zero, x), x));

    /// <summary>exp(-a^2 / 2). What rounding took from the square, up to 4e-6, is put back to first order.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Bell(TVector a)
    {
        TVector square = TSimd.Multiply(a, a);
        TVector lost = TSimd.MultiplyAdd(a, a, TSimd.Subtract(TSimd.Zero, square));
        TVector bell = VectorMath<TSimd, TVector>.Exp(TSimd.Multiply(square, TSimd.Broadcast(-0.5f)));
        return TSimd.MultiplyAdd(TSimd.Multiply(bell, lost), TSimd.Broadcast(-0.5f), bell);
    }

    /// <summary>
    /// Q(a) / exp(-a^2 / 2) = t P(2t - 1) with t = 1 / (1 + a / 4) for a from 0 to 12.5. P is the polynomial of degree 9 whose
    /// largest relative error is least (Remez 1934), 7e-9.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector TailByBell(TVector a)
    {
        TVector t = TSimd.Divide(TSimd.Broadcast(1f), TSimd.MultiplyAdd(a, TSimd.Broadcast(0.25f), TSimd.Broadcast(1f)));
        TVector s = TSimd.MultiplyAdd(t, TSimd.Broadcast(2f), TSimd.Broadcast(-1f));
        TVector p = TSimd.MultiplyAdd(s, TSimd.Broadcast(3.0154997588e-5f), TSimd.Broadcast(5.1215452202e-5f));
        p = TSimd.MultiplyAdd(p, s, TSimd.Broadcast(-3.9531570529e-4f));
        p = TSimd.MultiplyAdd(p, s, TSimd.Broadcast(-8.8061198119e-4f));
        p = TSimd.MultiplyAdd(p, s, TSimd.Broadcast(1.8831139377e-3f));
        p = TSimd.MultiplyAdd(p, s, TSimd.Broadcast(1.5101188407e-2f));
        p = TSimd.MultiplyAdd(p, s, TSimd.Broadcast(4.6630594997e-2f));
        p = TSimd.MultiplyAdd(p, s, TSimd.Broadcast(9.6784222926e-2f));
        p = TSimd.MultiplyAdd(p, s, TSimd.Broadcast(1.5197415648e-1f));
        p = TSimd.MultiplyAdd(p, s, TSimd.Broadcast(1.8882128381e-1f));
        return TSimd.Multiply(t, p);
    }
}
