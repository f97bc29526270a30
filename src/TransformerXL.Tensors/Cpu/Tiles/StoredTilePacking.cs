using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using TransformerXL.Tensors.Cpu.MatrixProduct;
using TransformerXL.Tensors.Cpu.Simd;

namespace TransformerXL.Tensors.Cpu.Tiles;

/// <summary>
/// Packs rows that are stored as bfloat16 as right operands, in the layout of <see cref="TilePacking"/> and with the same bytes, without widening them
/// first. Rows are padded with zeros to a multiple of 16 values.
/// </summary>
internal static unsafe class StoredTilePacking
{
    private const int TileLanes = 16, TilePairs = TileLanes * TileLanes;

    /// <summary>The prefetch distance in rows: two strips.</summary>
    private const int PrefetchRows = 2 * TilePacking.StripLanes;

    /// <summary>Lanes are rows, the depth is the length of a row.</summary>
    /// <param name="rows">The first row.</param>
    /// <param name="stride">Values from one row to the next, a multiple of 16.</param>
    /// <param name="count">The number of rows.</param>
    /// <param name="size">Values of a row.</param>
    /// <param name="packed">Takes the strips.</param>
    [SkipLocalsInit]
    public static void ByRow(ushort* rows, nint stride, int count, int size, byte* packed)
    {
        uint* turned = stackalloc uint[TilePairs];
        for (int strip = 0; strip < count; strip += TilePacking.StripLanes)
        {
            for (int k = 0; k < size; k += TilePacking.StepDepth)
            {
                for (int lane = strip; lane < strip + TilePacking.StripLanes; lane += TileLanes, packed += TilePairs * sizeof(uint))
                {
                    int lanes = Math.Clamp(count - lane, 0, TileLanes);
                    PairHalves(rows + (lane * stride) + k, stride, lanes, hasUpper: k + TileLanes < size, turned);
                    Packing.Transpose((float*)turned, TileLanes, TileLanes, TileLanes, (float*)packed, TileLanes);
                }
            }
        }
    }

    /// <summary>Lanes are the values of a row, the depth is the number of rows.</summary>
    /// <param name="rows">The first row.</param>
    /// <param name="stride">Values from one row to the next, a multiple of 16.</param>
    /// <param name="count">The number of rows.</param>
    /// <param name="size">Values of a row.</param>
    /// <param name="packed">Takes the strips.</param>
    public static void ByValue(ushort* rows, nint stride, int count, int size, byte* packed)
    {
        for (int strip = 0; strip < size; strip += TilePacking.StripLanes)
        {
            for (int k = 0; k < count; k += TilePacking.StepDepth)
            {
                for (int lane = strip; lane < strip + TilePacking.StripLanes; lane += TileLanes, packed += TilePairs * sizeof(uint))
                {
                    PairRows(rows + (k * stride) + lane, stride, lane < size ? count - k : 0, (uint*)packed);
                }
            }
        }
    }

    /// <summary>Pairs of values of each lane that are 16 apart.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void PairHalves(ushort* rows, nint stride, int lanes, bool hasUpper, uint* pairs)
    {
        for (int lane = 0; lane < lanes; lane++, rows += stride, pairs += TileLanes)
        {
            Prefetch.Fetch(rows + (PrefetchRows * stride), sizeof(ushort));
            Vector512<uint> lower = Widen(rows);
            (hasUpper ? lower | (Widen(rows + TileLanes) << 16) : lower).Store(pairs);
        }

        new Span<uint>(pairs, (TileLanes - lanes) * TileLanes).Clear();
    }

    /// <summary>Pairs of rows that are 16 apart, as far as both exist.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void PairRows(ushort* rows, nint stride, int count, uint* pairs)
    {
        for (int row = 0; row < TileLanes; row++, rows += stride, pairs += TileLanes)
        {
            Prefetch.Fetch(rows + (PrefetchRows * stride), sizeof(ushort));
            Prefetch.Fetch(rows + ((PrefetchRows + TileLanes) * stride), sizeof(ushort));
            Vector512<uint> lower = row < count ? Widen(rows) : Vector512<uint>.Zero;
            (row + TileLanes < count ? lower | (Widen(rows + (TileLanes * stride)) << 16) : lower).Store(pairs);
        }
    }

    /// <summary>16 values as words.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<uint> Widen(ushort* values) => Vector512.WidenLower(Vector256.Load(values).ToVector512Unsafe());
}
