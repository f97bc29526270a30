using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using TransformerXL.Tensors.Cpu.MatrixProduct;
using TransformerXL.Tensors.Cpu.Tiles;

namespace TransformerXL.Tensors.Cpu.Inference.Int8;

/// <summary>
/// Whole numbers of 8 bits as <see cref="IInt8Unit"/> reads them: strips of 32 lanes, each a step of 64 values of k after the other, each
/// step two tiles of 16 lanes. A row of a tile of X holds the values of one lane, 128 added to each; a row of a tile of W holds four
/// neighbouring values of k of each lane, with their signs. The sum of products is then too large by 128 times the sum of the row of W.
/// </summary>
internal static unsafe class Int8Packing
{
    /// <summary>Values of k in a step.</summary>
    public const int StepDepth = 64;

    /// <summary>The constant that is added to the values of X.</summary>
    public const int Offset = 128;

    private const int TileLanes = 16, TileWords = TileLanes * TileLanes;

    /// <summary>Steps that a depth takes.</summary>
    public static int Steps(int depth) => Blocking.Strips(depth, StepDepth);

    /// <summary>Bytes of <paramref name="lanes"/> rows over <paramref name="depth"/> values of k.</summary>
    public static long Bytes(int lanes, int depth) => (long)Blocking.Strips(lanes, TilePacking.StripLanes) * Steps(depth) * TilePacking.StepBytes;

    /// <summary>The first values of one lane of X.</summary>
    public static byte* Lane(byte* packed, int lane, int depth) =>
        packed + Bytes(lane - (lane % TilePacking.StripLanes), depth) + (lane % TilePacking.StripLanes * StepDepth);

    /// <summary>Rounds a row of X as <see cref="Int8Rows"/> does and packs it; returns the scale.</summary>
    /// <param name="row">The values.</param>
    /// <param name="depth">The number of values.</param>
    /// <param name="lane">Where the lane begins, see <see cref="Lane"/>.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float RoundLane(float* row, int depth, byte* lane)
    {
        float scale = Int8Rows.ScaleOf(row, depth, out float inverse);
        Vector512<float> factor = Vector512.Create(inverse);
        int k = 0;
        for (; k <= depth - StepDepth; k += StepDepth, lane += TilePacking.StepBytes)
        {
            Whole(row + k, factor).Store(lane);
        }

        if (k < depth)
        {
            float* rest = stackalloc float[StepDepth];
            new Span<float>(rest, StepDepth).Clear();
            new ReadOnlySpan<float>(row + k, depth - k).CopyTo(new Span<float>(rest, StepDepth));
            Whole(rest, factor).Store(lane);
        }

        return scale;
    }

    /// <summary>Packs a strip of rows of W.</summary>
    /// <param name="rows">32 rows of 8 bits.</param>
    /// <param name="stride">Bytes from one row to the next, a multiple of <see cref="StepDepth"/>.</param>
    /// <param name="packed">Takes the strip.</param>
    public static void PackStrip(sbyte* rows, int stride, byte* packed)
    {
        for (int k = 0; k < stride; k += StepDepth)
        {
            for (int lane = 0; lane < TilePacking.StripLanes; lane += TileLanes, packed += TileWords * sizeof(int))
            {
                float* from = (float*)(rows + ((nint)lane * stride) + k);
                Packing.Transpose(from, stride / sizeof(int), TileLanes, TileLanes, (float*)packed, TileLanes);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<byte> Whole(float* values, Vector512<float> factor)
    {
        Vector512<short> lower = Vector512.Narrow(Int32(values, factor), Int32(values + TileLanes, factor));
        Vector512<short> upper = Vector512.Narrow(Int32(values + (2 * TileLanes), factor), Int32(values + (3 * TileLanes), factor));
        return Vector512.Narrow(lower, upper).AsByte() ^ Vector512.Create((byte)Offset);
    }

    /// <summary>A factor of 0 means that the row counts as zeros, whatever its values are.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Int32(float* values, Vector512<float> factor) =>
        Vector512.ConvertToInt32Native(Vector512.Round(Vector512.Load(values) * factor));
}
