using System.Runtime.CompilerServices;
using TransformerXL.Tensors.Cpu.Simd;

namespace TransformerXL.Tensors.Cpu.MatrixProduct;

/// <summary>
/// A tile of 6 rows and two vectors of columns, its 12 sums held in registers over the whole depth. Each is a local of its
/// own because only locals stay in registers. Four values of k in a turn: 12 multiply-adds then come with 22
/// instructions in all instead of 25, which was worth a tenth of a training step on a shared processor with AVX2.
/// </summary>
internal readonly unsafe struct MicroKernel6x2<TSimd, TVector> : IMicroKernel
    where TSimd : struct, ISimd<TVector>
    where TVector : unmanaged
{
    private const int Unrolled = 4;

    public static int Rows => 6;

    public static int Columns => 2 * TSimd.Count;

    public static int PartRows => Rows;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(int depth, float* a, float* b, nint strideB, float* c, nint stride, bool accumulate)
    {
        TVector c00 = TSimd.Zero, c01 = TSimd.Zero;
        TVector c10 = TSimd.Zero, c11 = TSimd.Zero;
        TVector c20 = TSimd.Zero, c21 = TSimd.Zero;
        TVector c30 = TSimd.Zero, c31 = TSimd.Zero;
        TVector c40 = TSimd.Zero, c41 = TSimd.Zero;
        TVector c50 = TSimd.Zero, c51 = TSimd.Zero;
        Prefetch.FetchRows(c, stride, Rows, Columns * sizeof(float));
        int k = 0;
        for (; k <= depth - Unrolled; k += Unrolled, a += Unrolled * 6)
        {
            Step(
                a, 0 * 6, b,
                ref c00, ref c01, ref c10, ref c11, ref c20, ref c21, ref c30, ref c31, ref c40, ref c41, ref c50, ref c51);
            b += strideB;
            Step(
                a, 1 * 6, b,
                ref c00, ref c01, ref c10, ref c11, ref c20, ref c21, ref c30, ref c31, ref c40, ref c41, ref c50, ref c51);
            b += strideB;
            Step(
                a, 2 * 6, b,
                ref c00, ref c01, ref c10, ref c11, ref c20, ref c21, ref c30, ref c31, ref c40, ref c41, ref c50, ref c51);
            b += strideB;
            Step(
                a, 3 * 6, b,
                ref c00, ref c01, ref c10, ref c11, ref c20, ref c21, ref c30, ref c31, ref c40, ref c41, ref c50, ref c51);
            b += strideB;
        }

        for (; k < depth; k++, a += 6)
        {
            Step(
                a, 0, b,
                ref c00, ref c01, ref c10, ref c11, ref c20, ref c21, ref c30, ref c31, ref c40, ref c41, ref c50, ref c51);
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

    public static void RunPart(int depth, float* a, float* b, nint strideB, float* c, nint stride, bool accumulate) => Run(depth, a, b, strideB, c, stride, accumulate);

    /// <summary>Adds the products of one k: six values of A that begin at <paramref name="first"/>, two vectors of B.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Step(
        float* a, int first, float* b,
        ref TVector c00, ref TVector c01, ref TVector c10, ref TVector c11, ref TVector c20, ref TVector c21,
        ref TVector c30, ref TVector c31, ref TVector c40, ref TVector c41, ref TVector c50, ref TVector c51)
    {
        TVector b0 = TSimd.Load(b);
        TVector b1 = TSimd.Load(b + TSimd.Count);
        Row(TSimd.Broadcast(a[first + 0]), b0, b1, ref c00, ref c01);
        Row(TSimd.Broadcast(a[first + 1]), b0, b1, ref c10, ref c11);
        Row(TSimd.Broadcast(a[first + 2]), b0, b1, ref c20, ref c21);
        Row(TSimd.Broadcast(a[first + 3]), b0, b1, ref c30, ref c31);
        Row(TSimd.Broadcast(a[first + 4]), b0, b1, ref c40, ref c41);
        Row(TSimd.Broadcast(a[first + 5]), b0, b1, ref c50, ref c51);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Row(TVector x, TVector b0, TVector b1, ref TVector c0, ref TVector c1)
    {
        c0 = TSimd.MultiplyAdd(x, b0, c0);
        c1 = TSimd.MultiplyAdd(x, b1, c1);
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
