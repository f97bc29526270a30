using System.Runtime.CompilerServices;

namespace TransformerXL.Tensors.Cpu.Simd;

/// <summary>Transcendental functions from the operations of <see cref="ISimd{TVector}"/>.</summary>
internal static class VectorMath<TSimd, TVector>
    where TSimd : struct, ISimd<TVector>
    where TVector : unmanaged
{
    /// <summary>
    /// The exponential, relative error below 2e-7: x = n ln 2 + r with |r| at most ln 2 / 2, a polynomial of degree 6 in r
    /// (Cody and Waite 1980; coefficients of the Cephes library). Arguments are limited to [-87, 88]; NaN gives NaN.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Exp(TVector x)
    {
        TVector p = Reduce(x, out TVector n, out TVector r);
        p = TSimd.MultiplyAdd(p, TSimd.Multiply(r, r), TSimd.Add(r, TSimd.Broadcast(1f)));
        return TSimd.Multiply(p, TSimd.PowerOfTwo(n));
    }

    /// <summary>1 / (1 + exp(-x)), relative error below 4e-7 from -87 on; never below 5e-39. NaN gives NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Sigmoid(TVector x)
    {
        TVector one = TSimd.Broadcast(1f);
        return TSimd.Divide(one, TSimd.Add(one, Exp(TSimd.Subtract(TSimd.Zero, x))));
    }

    /// <summary>
    /// The hyperbolic tangent, relative error below 5e-7: m / (m + 2) with m = exp(2x) - 1, which the reduction gives
    /// without cancellation, so that small arguments are exact too. NaN gives NaN.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Tanh(TVector x)
    {
        TVector p = Reduce(TSimd.Add(x, x), out TVector n, out TVector r);
        TVector m = TSimd.MultiplyAdd(p, TSimd.Multiply(r, r), r), power = TSimd.PowerOfTwo(n);
        m = TSimd.MultiplyAdd(m, power, TSimd.Subtract(power, TSimd.Broadcast(1f)));
        return TSimd.Divide(m, TSimd.Add(m, TSimd.Broadcast(2f)));
    }

    /// <summary>x = n ln 2 + r; gives p with exp(r) = 1 + r + p r^2.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Reduce(TVector x, out TVector n, out TVector r)
    {
        // This order of operands propagates NaN, so that an invalid loss is visible.
        x = TSimd.Min(TSimd.Broadcast(88f), TSimd.Max(TSimd.Broadcast(-87f), x));
        n = TSimd.Round(TSimd.Multiply(x, TSimd.Broadcast(1.44269504f)));
        r = TSimd.MultiplyAdd(n, TSimd.Broadcast(-0.693359375f), x);
        r = TSimd.MultiplyAdd(n, TSimd.Broadcast(2.12194440e-4f), r);
        TVector p = TSimd.MultiplyAdd(r, TSimd.Broadcast(1.9875691500e-4f), TSimd.Broadcast(1.3981999507e-3f));
        p = TSimd.MultiplyAdd(p, r, TSimd.Broadcast(8.3334519073e-3f));
        p = TSimd.MultiplyAdd(p, r, TSimd.Broadcast(4.1665795894e-2f));
        p = TSimd.MultiplyAdd(p, r, TSimd.Broadcast(1.6666665459e-1f));
        return TSimd.MultiplyAdd(p, r, TSimd.Broadcast(5.0000001201e-1f));
    }
}
