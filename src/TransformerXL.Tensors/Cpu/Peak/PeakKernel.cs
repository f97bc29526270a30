using System.Runtime.CompilerServices;
using TransformerXL.Tensors.Cpu.Parallel;
using TransformerXL.Tensors.Cpu.Simd;

namespace TransformerXL.Tensors.Cpu.Peak;

/// <summary>
/// Multiply-adds between registers only: twelve sums that do not wait for one another, which covers the latency of two
/// units of up to six cycles. Written out because only locals stay in registers.
/// </summary>
internal readonly struct PeakKernel<TSimd, TVector>(int iterations) : IParallelBody
    where TSimd : struct, ISimd<TVector>
    where TVector : unmanaged
{
    /// <summary>Floating-point operations of one iteration; a multiplication with an addition counts two.</summary>
    public static int OperationsPerIteration => 12 * 2 * TSimd.Count;

    public void Invoke(int task, int worker) => Run(iterations);

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static float Run(int iterations)
    {
        TVector x = TSimd.Broadcast(0.999f), y = TSimd.Broadcast(0.001f);
        TVector c0 = y, c1 = y, c2 = y, c3 = y, c4 = y, c5 = y, c6 = y, c7 = y, c8 = y, c9 = y, c10 = y, c11 = y;
        for (int i = 0; i < iterations; i++)
        {
            c0 = TSimd.MultiplyAdd(c0, x, y);
            c1 = TSimd.MultiplyAdd(c1, x, y);
            c2 = TSimd.MultiplyAdd(c2, x, y);
            c3 = TSimd.MultiplyAdd(c3, x, y);
            c4 = TSimd.MultiplyAdd(c4, x, y);
            c5 = TSimd.MultiplyAdd(c5, x, y);
            c6 = TSimd.MultiplyAdd(c6, x, y);
            c7 = TSimd.MultiplyAdd(c7, x, y);
            c8 = TSimd.MultiplyAdd(c8, x, y);
            c9 = TSimd.MultiplyAdd(c9, x, y);
            c10 = TSimd.MultiplyAdd(c10, x, y);
            c11 = TSimd.MultiplyAdd(c11, x, y);
        }

        TVector even = TSimd.Add(TSimd.Add(TSimd.Add(c0, c2), TSimd.Add(c4, c6)), TSimd.Add(c8, c10));
        TVector odd = TSimd.Add(TSimd.Add(TSimd.Add(c1, c3), TSimd.Add(c5, c7)), TSimd.Add(c9, c11));
        return TSimd.Sum(TSimd.Add(even, odd));
    }
}
