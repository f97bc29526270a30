using System.Runtime.CompilerServices;

namespace TransformerXL.Tensors.Kernels.Simd;

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
        // In this order of operands a NaN stays one, so that a broken loss is seen.
        x = TSimd.Min(TSimd.Broadcast(88f), TSimd.Max(TSimd.Broadcast(-87f), x));
        TVector n = TSimd.Round(TSimd.Multiply(x, TSimd.Broadcast(1.44269504f)));
        TVector r = TSimd.MultiplyAdd(n, TSimd.Broadcast(-0.693359375f), x);
        r = TSimd.MultiplyAdd(n, TSimd.Broadcast(2.12194440e-4f), r);
        TVector p = TSimd.MultiplyAdd(r, TSimd.Broadcast(1.9875691500e-4f), TSimd.Broadcast(1.3981999507e-3f));
        p = TSimd.MultiplyAdd(p, r, TSimd.Broadcast(8.3334519073e-3f));
        p = TSimd.MultiplyAdd(p, r, TSimd.Broadcast(4.1665795894e-2f));
        p = TSimd.MultiplyAdd(p, r, TSimd.Broadcast(1.6666665459e-1f));
        p = TSimd.MultiplyAdd(p, r, TSimd.Broadcast(5.0000001201e-1f));
        p = TSimd.MultiplyAdd(p, TSimd.Multiply(r, r), TSimd.Add(r, TSimd.Broadcast(1f)));
        return TSimd.Multiply(p, TSimd.PowerOfTwo(n));
    }
}
