using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using TransformerXL.Tensors.Cpu.Inference;
using TransformerXL.Tensors.Cpu.MatrixProduct;
using TransformerXL.Tensors.Cpu.Simd;

namespace TransformerXL.Tensors.Cpu.Tiles;

/// <summary>
/// Copies a matrix into strips of 32 rows (of A) or columns (of B) as tiles read them, rounded to bfloat16. A strip holds a step of 32
/// values of k after the other, each as two tiles of 16 lanes: for A a row of a tile belongs to a lane, for B to a pair of k. The values that a tile
/// multiplies as a pair are k and k + 16 in both operands, so that pairs are built from whole vectors; the sum is the same.
/// Padding past the edge is zero.
/// </summary>
internal static unsafe class TilePacking
{
    /// <summary>Rows of A or columns of B in a strip.</summary>
    public const int StripLanes = 32;

    /// <summary>Values of k in a step.</summary>
    public const int StepDepth = 32;

    /// <summary>Bytes of one step of one strip.</summary>
    public const int StepBytes = StripLanes * StepDepth * 2;

    private const int TileLanes = 16, TilePairs = TileLanes * TileLanes;

    /// <summary>Steps that a depth takes.</summary>
    public static int Steps(int depth) => Blocking.Strips(depth, StepDepth);

    /// <summary>Bytes of <paramref name="lanes"/> rows or columns over <paramref name="depth"/> values of k.</summary>
    public static long Bytes(int lanes, int depth) => (long)Blocking.Strips(lanes, StripLanes) * Steps(depth) * StepBytes;

    /// <summary>Packs a part of a strip.</summary>
    /// <param name="source">The element (lane, k) is <c>source(lane, k)</c>.</param>
    /// <param name="lanes">1 to 32.</param>
    /// <param name="depth">Values of k, beginning where a step begins.</param>
    /// <param name="isLeft">Whether this is A.</param>
    /// <param name="destination">The address of the first step.</param>
    [SkipLocalsInit]
    public static void PackStrip(MatrixOperand source, int lanes, int depth, bool isLeft, byte* destination)
    {
        float* edge = stackalloc float[TileLanes * StepDepth];
        uint* turned = stackalloc uint[TilePairs];
        for (int k = 0; k < depth; k += StepDepth)
        {
            int count = Math.Min(StepDepth, depth - k);
            for (int lane = 0; lane < StripLanes; lane += TileLanes, destination += TilePairs * sizeof(uint))
            {
                PackTile(source.At(lane, k), Math.Min(TileLanes, lanes - lane), count, isLeft, edge, turned, (uint*)destination);
            }
        }
    }

    /// <summary>The rows (lane, k) that were packed as columns of B.</summary>
    public static void UnpackRight(byte* packed, int lanes, int depth, float* rows)
    {
        for (int lane = 0; lane < lanes; lane++)
        {
            uint* strip = (uint*)(packed + Bytes(lane / StripLanes * StripLanes, depth)) + (lane % StripLanes / TileLanes * TilePairs) + (lane % TileLanes);
            for (int k = 0; k < depth; k++, rows++)
            {
                int inStep = k % StepDepth;
                uint pair = strip[(k / StepDepth * (StepBytes / sizeof(uint))) + (inStep % TileLanes * TileLanes)];
                *rows = BitConverter.UInt32BitsToSingle(inStep < TileLanes ? pair << 16 : pair & 0xFFFF0000);
            }
        }
    }

    /// <summary>Packs 16 lanes over 32 values of k, or fewer at the edge.</summary>
    private static void PackTile(MatrixOperand source, int lanes, int depth, bool isLeft, float* edge, uint* turned, uint* tile)
    {
        if (lanes <= 0)
        {
            new Span<uint>(tile, TilePairs).Clear();
            return;
        }

        bool lanesAreRows = source.RowStride != 1;
        if (lanes < TileLanes || depth < StepDepth)
        {
            source = CopyEdge(source, lanes, depth, lanesAreRows, edge);
        }

        // Either way a vector of pairs comes from two vectors of the source.
        nint next = lanesAreRows ? source.RowStride : source.ColumnStride;
        nint partner = lanesAreRows ? TileLanes : TileLanes * source.ColumnStride, ahead = StepDepth * source.ColumnStride;
        uint* pairs = isLeft == lanesAreRows ? tile : turned;
        if (source.IsBfloat16)
        {
            JoinPairs((ushort*)source.Data, next, partner, ahead, pairs);
        }
        else
        {
            MakePairs(source.Data, next, partner, ahead, pairs);
        }

        if (pairs == turned)
        {
            Packing.Transpose((float*)turned, TileLanes, TileLanes, TileLanes, (float*)tile, TileLanes);
        }
    }

    /// <summary>The existing part of the matrix as float32, padded with zeros.</summary>
    private static MatrixOperand CopyEdge(MatrixOperand source, int lanes, int depth, bool lanesAreRows, float* edge)
    {
        new Span<float>(edge, TileLanes * StepDepth).Clear();
        int rows = lanesAreRows ? lanes : depth, columns = lanesAreRows ? depth : lanes, stride = lanesAreRows ? StepDepth : TileLanes;
        nint next = lanesAreRows ? source.RowStride : source.ColumnStride;
        for (int row = 0; row < rows; row++)
        {
            float* to = edge + (row * stride);
            if (source.IsBfloat16)
            {
                Bfloat16Rows.Widen((ushort*)source.Data + (row * next), to, columns);
            }
            else
            {
                new Span<float>(source.Data + (row * next), columns).CopyTo(new Span<float>(to, columns));
            }
        }

        return lanesAreRows ? new MatrixOperand(edge, StepDepth, 1) : new MatrixOperand(edge, 1, TileLanes);
    }

    /// <summary>Rounds and pairs 16 vectors, and prefetches those of the next step, <paramref name="ahead"/> values later: the hardware prefetcher does not follow so many short rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void MakePairs(float* source, nint next, nint partner, nint ahead, uint* pairs)
    {
        for (int row = 0; row < TileLanes; row++, source += next, pairs += TileLanes)
        {
            Prefetch.Fetch(source + ahead, TileLanes * sizeof(float));
            Prefetch.Fetch(source + ahead + partner, TileLanes * sizeof(float));
            Bfloat16.Pair(Vector512.Load(source), Vector512.Load(source + partner)).Store(pairs);
        }
    }

    /// <summary>The same of bfloat16, which need no rounding.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void JoinPairs(ushort* source, nint next, nint partner, nint ahead, uint* pairs)
    {
        for (int row = 0; row < TileLanes; row++, source += next, pairs += TileLanes)
        {
            Prefetch.Fetch(source + ahead, TileLanes * sizeof(ushort));
            Prefetch.Fetch(source + ahead + partner, TileLanes * sizeof(ushort));
            (StoredTilePacking.Widen(source) | (StoredTilePacking.Widen(source + partner) << 16)).Store(pairs);
        }
    }
}
