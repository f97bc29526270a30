using System.Runtime.CompilerServices;
using TransformerXL.Tensors.Cpu.Simd;

namespace TransformerXL.Tensors.Cpu.MatrixProduct;

/// <summary>
/// A tile of 12 rows and two vectors of columns, its 24 sums held in registers over the whole depth. They are
/// locals, passed to methods that are inlined, because only locals stay in registers.
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
            TVector b0 = TSimd.Load(b), b1 = TSimd.Load(b + TSimd.Count);
            Step(a, b0, b1, ref c00, ref c01, ref c10, ref c11, ref c20, ref c21, ref c30, ref c31);
            Step(a + 4, b0, b1, ref c40, ref c41, ref c50, ref c51, ref c60, ref c61, ref c70, ref c71);
            Step(a + 8, b0, b1, ref c80, ref c81, ref c90, ref c91, ref c100, ref c101, ref c110, ref c111);
            a += 12;
            b += strideB;
        }

        Store(c, stride, accumulate, c00, c01, c10, c11, c20, c21, c30, c31);
        Store(c + (4 * stride), stride, accumulate, c40, c41, c50, c51, c60, c61, c70, c71);
        Store(c + (8 * stride), stride, accumulate, c80, c81, c90, c91, c100, c101, c110, c111);
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
            Step(a, TSimd.Load(b), TSimd.Load(b + TSimd.Count), ref c00, ref c01, ref c10, ref c11, ref c20, ref c21, ref c30, ref c31);
            a += 12;
            b += strideB;
        }

        Store(c, stride, accumulate, c00, c01, c10, c11, c20, c21, c30, c31);
    }

    /// <summary>Adds the products of one k: four values of A, two vectors of B.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Step(
        float* a, TVector b0, TVector b1,
        ref TVector c00, ref TVector c01, ref TVector c10, ref TVector c11, ref TVector c20, ref TVector c21, ref TVector c30, ref TVector c31)
    {
        Row(TSimd.Broadcast(a[0]), b0, b1, ref c00, ref c01);
        Row(TSimd.Broadcast(a[1]), b0, b1, ref c10, ref c11);
        Row(TSimd.Broadcast(a[2]), b0, b1, ref c20, ref c21);
        Row(TSimd.Broadcast(a[3]), b0, b1, ref c30, ref c31);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Row(TVector x, TVector b0, TVector b1, ref TVector c0, ref TVector c1)
    {
        c0 = TSimd.MultiplyAdd(x, b0, c0);
        c1 = TSimd.MultiplyAdd(x, b1, c1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(
        float* c, nint stride, bool accumulate,
        TVector c00, TVector c01, TVector c10, TVector c11, TVector c20, TVector c21, TVector c30, TVector c31)
    {
        if (accumulate)
        {
            Add(c, c00, c01);
            Add(c + stride, c10, c11);
            Add(c + (2 * stride), c20, c21);
            Add(c + (3 * stride), c30, c31);
        }
        else
        {
            Set(c, c00, c01);
            Set(c + stride, c10, c11);
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
