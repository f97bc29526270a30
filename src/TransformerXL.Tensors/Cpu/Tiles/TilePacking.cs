using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using TransformerXL.Tensors.Cpu.Inference;
using TransformerXL.Tensors.Cpu.MatrixProduct;

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

    private const int TileLanes = 16, TilePairs = TileLanes * TileLanes, TileBytes = TilePairs * sizeof(uint);

    /// <summary>Tiles side by side that are turned together, at most 128 KiB: a part of the second-level cache.</summary>
    private const int MaxTurned = 128;

    /// <summary>Steps that a depth takes.</summary>
    public static int Steps(int depth) => Blocking.Strips(depth, StepDepth);

    /// <summary>Bytes of <paramref name="lanes"/> rows or columns over <paramref name="depth"/> values of k.</summary>
    public static long Bytes(int lanes, int depth) => (long)Blocking.Strips(lanes, StripLanes) * Steps(depth) * StepBytes;

    /// <summary>Packs all strips of a matrix.</summary>
    /// <param name="source">The element (lane, k) is <c>source(lane, k)</c>.</param>
    /// <param name="lanes">Rows of A or columns of B.</param>
    /// <param name="depth">Values of k.</param>
    /// <param name="isLeft">Whether this is A.</param>
    /// <param name="packed">Takes <see cref="Bytes"/>.</param>
    public static void Pack(MatrixOperand source, int lanes, int depth, bool isLeft, byte* packed) =>
        Pack(source, lanes, depth, isLeft, packed, (nint)Bytes(1, depth));

    /// <summary>
    /// Packs a part of a matrix. It is read row by row, each as far as the part goes: memory delivers whole rows two to three times as fast as the same bytes in
    /// the order of the strips, with or without software prefetches.
    /// </summary>
    /// <param name="source">The element (lane, k) is <c>source(lane, k)</c>.</param>
    /// <param name="lanes">Rows of A or columns of B, beginning where a strip begins.</param>
    /// <param name="depth">Values of k, beginning where a step begins.</param>
    /// <param name="isLeft">Whether this is A.</param>
    /// <param name="packed">The first step of the first strip.</param>
    /// <param name="stripBytes">Bytes from one strip to the next.</param>
    [SkipLocalsInit]
    public static void Pack(MatrixOperand source, int lanes, int depth, bool isLeft, byte* packed, nint stripBytes)
    {
        // A panel is 16 lanes or 32 values of k, whichever the rows of the source are. Its tiles lie side by side along the rows.
        bool lanesAreRows = source.RowStride != 1;
        int halves = 2 * Blocking.Strips(lanes, StripLanes);
        int panels = lanesAreRows ? halves : Steps(depth), tiles = lanesAreRows ? Steps(depth) : halves;
        PanelLayout layout = lanesAreRows ? new(2 * StepBytes, StepBytes) : new(stripBytes, TileBytes);
        int most = Math.Min(tiles, MaxTurned);
        bool turns = isLeft != lanesAreRows;
        uint* turned = stackalloc uint[turns ? most * TilePairs : 0];
        float* edge = stackalloc float[TileLanes * StepDepth];
        for (int panel = 0; panel < panels; panel++)
        {
            int row = lanesAreRows ? panel * TileLanes : 0, k = lanesAreRows ? 0 : panel * StepDepth;
            int whole = lanesAreRows ? lanes - row >= TileLanes ? depth / StepDepth : 0 : depth - k >= StepDepth ? lanes / TileLanes : 0;
            byte* first = packed + (lanesAreRows ? (panel / 2 * stripBytes) + (panel % 2 * TileBytes) : (nint)panel * StepBytes);
            for (int tile = 0; tile < tiles;)
            {
                int lane = lanesAreRows ? row : tile * TileLanes, at = lanesAreRows ? tile * StepDepth : k, count = Math.Min(most, whole - tile);
                MatrixOperand part = source.At(lane, at);
                if (lane >= lanes)
                {
                    NativeMemory.Clear(first + layout.Of(tile++), TileBytes);
                    continue;
                }

                if (count <= 0)
                {
                    (part, count) = (CopyEdge(part, Math.Min(lanes - lane, TileLanes), Math.Min(StepDepth, depth - at), lanesAreRows, edge), 1);
                }

                if (turns)
                {
                    // Row by row, so that they are written in order, too.
                    MakePairs(part, count, lanesAreRows, (byte*)turned, count * TileLanes * sizeof(uint), new PanelLayout(2 * TileLanes * sizeof(uint), TileLanes * sizeof(uint)));
                    for (int i = 0; i < count; i++)
                    {
                        Packing.Transpose((float*)turned + (i * TileLanes), count * TileLanes, TileLanes, TileLanes, (float*)(first + layout.Of(tile + i)), TileLanes);
                    }
                }
                else
                {
                    MakePairs(part, count, lanesAreRows, first + layout.Of(tile), TileLanes * sizeof(uint), layout);
                }

                tile += count;
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

    /// <summary>Rounds and pairs the values of tiles side by side.</summary>
    private static void MakePairs(MatrixOperand source, int tiles, bool lanesAreRows, byte* pairs, nint rowBytes, PanelLayout layout)
    {
        // Either way a vector of pairs comes from two vectors of the source.
        nint next = lanesAreRows ? source.RowStride : source.ColumnStride;
        nint partner = lanesAreRows ? TileLanes : TileLanes * source.ColumnStride, side = lanesAreRows ? StepDepth : TileLanes;
        if (source.IsBfloat16)
        {
            MakePairs<ushort, JoinedPairs>((ushort*)source.Data, next, partner, side, tiles, pairs, rowBytes, layout);
        }
        else
        {
            MakePairs<float, RoundedPairs>(source.Data, next, partner, side, tiles, pairs, rowBytes, layout);
        }
    }

    /// <summary>The same of values of one type.</summary>
    /// <param name="source">The first value.</param>
    /// <param name="next">Values from a row to the next.</param>
    /// <param name="partner">Values from a value to its partner.</param>
    /// <param name="side">Values from a tile to the next.</param>
    /// <param name="tiles">The number of tiles.</param>
    /// <param name="pairs">The first row of the first tile, which <paramref name="layout"/> begins with.</param>
    /// <param name="rowBytes">Bytes from a row of pairs to the next.</param>
    /// <param name="layout">Where tiles lie.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void MakePairs<TValue, TPairs>(TValue* source, nint next, nint partner, nint side, int tiles, byte* pairs, nint rowBytes, PanelLayout layout)
        where TValue : unmanaged
        where TPairs : struct, IPairs<TValue>
    {
        for (int row = 0; row < TileLanes; row++, source += next, pairs += rowBytes)
        {
            TValue* from = source;
            byte* to = pairs;
            int tile = 0;
            for (; tile <= tiles - 2; tile += 2, from += 2 * side, to += layout.TwoTiles)
            {
                TPairs.Pair(from, from + partner).Store((uint*)to);
                TPairs.Pair(from + side, from + side + partner).Store((uint*)(to + layout.OneTile));
            }

            if (tile < tiles)
            {
                TPairs.Pair(from, from + partner).Store((uint*)to);
            }
        }
    }

    /// <summary>Where the tiles of a panel lie.</summary>
    /// <param name="TwoTiles">Bytes from a tile to the second after it.</param>
    /// <param name="OneTile">Bytes from a tile with an even number to the next.</param>
    private readonly record struct PanelLayout(nint TwoTiles, nint OneTile)
    {
        public nint Of(int tile) => (tile / 2 * TwoTiles) + (tile % 2 * OneTile);
    }

    /// <summary>Two vectors of values as one of pairs.</summary>
    private interface IPairs<TValue> where TValue : unmanaged
    {
        static abstract Vector512<uint> Pair(TValue* lower, TValue* upper);
    }

    private readonly struct RoundedPairs : IPairs<float>
    {
        public static Vector512<uint> Pair(float* lower, float* upper) => Bfloat16.Pair(Vector512.Load(lower), Vector512.Load(upper));
    }

    /// <summary>bfloat16 need no rounding.</summary>
    private readonly struct JoinedPairs : IPairs<ushort>
    {
        public static Vector512<uint> Pair(ushort* lower, ushort* upper) => StoredTilePacking.Widen(lower) | (StoredTilePacking.Widen(upper) << 16);
    }
}
