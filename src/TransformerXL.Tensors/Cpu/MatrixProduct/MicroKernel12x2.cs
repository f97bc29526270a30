using System.Runtime.CompilerServices;
using TransformerXL.Tensors.Cpu.Simd;

namespace TransformerXL.Tensors.Cpu.MatrixProduct;

/// <summary>
/// A tile of 12 rows and two vectors of columns, its 24 sums held in registers over the whole depth. Written out row by
/// row because only locals stay in registers.
/// </summary>
internal readonly unsafe struct MicroKernel12x2<TSimd, TVector> : IMicroKernel
    where TSimd : struct, ISimd<TVector>
    where TVector : unmanaged
{
    public static int Rows => 12;

    public static int Columns => 2 * TSimd.Count;

    public static int PartRows => 4;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(int depth, float* a, float* b, nint strideB, float* c, nint stride, bool accumulate)
    {
        TVector c00 = TSimd.Zero, c01 = TSimd.Zero;
        TVector c10 = TSimd.Zero, c11 = TSimd.Zero;
        TVector c20 = TSimd.Zero, c21 = TSimd.Zero;
        TVector c30 = TSimd.Zero, c31 = TSimd.Zero;
        TVector c40 = TSimd.Zero, c41 = TSimd.Zero;
        TVector c50 = TSimd.Zero, c51 = TSimd.Zero;
        TVector c60 = TSimd.Zero, c61 = TSimd.Zero;
        TVector c70 = TSimd.Zero, c71 = TSimd.Zero;
        TVector c80 = TSimd.Zero, c81 = TSimd.Zero;
        TVector c90 = TSimd.Zero, c91 = TSimd.Zero;
        TVector c100 = TSimd.Zero, c101 = TSimd.Zero;
        TVector c110 = TSimd.Zero, c111 = TSimd.Zero;
        Prefetch.FetchRows(c, stride, Rows, Columns * sizeof(float));
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
            x = TSimd.Broadcast(a[6]);
            c60 = TSimd.MultiplyAdd(x, b0, c60);
            c61 = TSimd.MultiplyAdd(x, b1, c61);
            x = TSimd.Broadcast(a[7]);
            c70 = TSimd.MultiplyAdd(x, b0, c70);
            c71 = TSimd.MultiplyAdd(x, b1, c71);
            x = TSimd.Broadcast(a[8]);
            c80 = TSimd.MultiplyAdd(x, b0, c80);
            c81 = TSimd.MultiplyAdd(x, b1, c81);
            x = TSimd.Broadcast(a[9]);
            c90 = TSimd.MultiplyAdd(x, b0, c90);
            c91 = TSimd.MultiplyAdd(x, b1, c91);
            x = TSimd.Broadcast(a[10]);
            c100 = TSimd.MultiplyAdd(x, b0, c100);
            c101 = TSimd.MultiplyAdd(x, b1, c101);
            x = TSimd.Broadcast(a[11]);
            c110 = TSimd.MultiplyAdd(x, b0, c110);
            c111 = TSimd.MultiplyAdd(x, b1, c111);
            a += 12;
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
            Add(c + (6 * stride), c60, c61);
            Add(c + (7 * stride), c70, c71);
            Add(c + (8 * stride), c80, c81);
            Add(c + (9 * stride), c90, c91);
            Add(c + (10 * stride), c100, c101);
            Add(c + (11 * stride), c110, c111);
        }
        else
        {
            Set(c + (0 * stride), c00, c01);
            Set(c + (1 * stride), c10, c11);
            Set(c + (2 * stride), c20, c21);
            Set(c + (3 * stride), c30, c31);
            Set(c + (4 * stride), c40, c41);
            Set(c + (5 * stride), c50, c51);
            Set(c + (6 * stride), c60, c61);
            Set(c + (7 * stride), c70, c71);
            Set(c + (8 * stride), c80, c81);
            Set(c + (9 * stride), c90, c91);
            Set(c + (10 * stride), c100, c101);
            Set(c + (11 * stride), c110, c111);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void RunPart(int depth, float* a, float* b, nint strideB, float* c, nint stride, bool accumulate)
    {
        TVector c00 = TSimd.Zero, c01 = TSimd.Zero;
        TVector c10 = TSimd.Zero, c11 = TSimd.Zero;
        TVector c20 = TSimd.Zero, c21 = TSimd.Zero;
        TVector c30 = TSimd.Zero, c31 = TSimd.Zero;
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
            a += 12;
            b += strideB;
        }

        if (accumulate)
        {
            Add(c + (0 * stride), c00, c01);
            Add(c + (1 * stride), c10, c11);
            Add(c + (2 * stride), c20, c21);
            Add(c + (3 * stride), c30, c31);
        }
        else
        {
            Set(c + (0 * stride), c00, c01);
            Set(c + (1 * stride), c10, c11);
            Set(c + (2 * stride), c20, c21);
            Set(c + (3 * stride), c30, c31);
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
