using System.Runtime.CompilerServices;
using TransformerXL.Tensors.Kernels.Simd;

namespace TransformerXL.Tensors.Kernels.MatrixProduct;

/// <summary>
/// A tile of 6 rows and two vectors of columns, its 12 sums held in registers over the whole depth. Written out row by
/// row because only locals stay in registers.
/// </summary>
internal readonly unsafe struct MicroKernel6x2<TSimd, TVector> : IMicroKernel
    where TSimd : struct, ISimd<TVector>
    where TVector : unmanaged
{
    public static int Rows => 6;

    public static int Columns => 2 * TSimd.Count;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(int depth, float* a, float* b, nint strideB, float* c, nint stride, bool accumulate)
    {
        TVector c00 = TSimd.Zero, c01 = TSimd.Zero;
        TVector c10 = TSimd.Zero, c11 = TSimd.Zero;
        TVector c20 = TSimd.Zero, c21 = TSimd.Zero;
        TVector c30 = TSimd.Zero, c31 = TSimd.Zero;
        TVector c40 = TSimd.Zero, c41 = TSimd.Zero;
        TVector c50 = TSimd.Zero, c51 = TSimd.Zero;
        Ahead.FetchRows(c, stride, Rows, Columns * sizeof(float));
        for (int k = 0; k < depth; k++)
        {
            TVector b0 = TSimd.Load(b);
            TVector b1 = TSimd.Load(b + TSimd.Count);
            TVector x;
            x = TSimd.Broadcast(a[0]);
            c00 = TSimd.MultiplyAdd(x, b0, c00);
            c01 = TSimd.MultiplyAdd(x, b1, c01);
            x = TSimd.Broadcast(a[1]);
            c10 = TSimd.MultiplyAdd(x, b0, c10);
            c11 = TSimd.MultiplyAdd(x, b1, c11);
            x = TSimd.Broadcast(a[2]);
            c20 = TSimd.MultiplyAdd(x, b0, c20);
            c21 = TSimd.MultiplyAdd(x, b1, c21);
            x = TSimd.Broadcast(a[3]);
            c30 = TSimd.MultiplyAdd(x, b0, c30);
            c31 = TSimd.MultiplyAdd(x, b1, c31);
            x = TSimd.Broadcast(a[4]);
            c40 = TSimd.MultiplyAdd(x, b0, c40);
            c41 = TSimd.MultiplyAdd(x, b1, c41);
            x = TSimd.Broadcast(a[5]);
            c50 = TSimd.MultiplyAdd(x, b0, c50);
            c51 = TSimd.MultiplyAdd(x, b1, c51);
            a += 6;
            b += strideB;
        }

        if (accumulate)
        {
            Add(c + (0 * stride), c00, c01);
            Add(c + (1 * stride), c10, c11);
            Add(c + (2 * stride), c20, c21);
            Add(c + (3 * stride), c30, c31);
            Add(c + (4 * stride), c40, c41);
            Add(c + (5 * stride), c50, c51);
        }
        else
        {
            Set(c + (0 * stride), c00, c01);
            Set(c + (1 * stride), c10, c11);
            Set(c + (2 * stride), c20, c21);
            Set(c + (3 * stride), c30, c31);
            Set(c + (4 * stride), c40, c41);
            Set(c + (5 * stride), c50, c51);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(float* c, TVector first, TVector second) =>
        Set(c, TSimd.Add(TSimd.Load(c), first), TSimd.Add(TSimd.Load(c + TSimd.Count), second));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Set(float* c, TVector first, TVector second)
    {
        TSimd.Store(c, first);
        TSimd.Store(c + TSimd.Count, second);
    }
}
