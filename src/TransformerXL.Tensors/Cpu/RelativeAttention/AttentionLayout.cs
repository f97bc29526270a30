using TransformerXL.Tensors.Cpu.Tiles;

namespace TransformerXL.Tensors.Cpu.RelativeAttention;

/// <summary>The sizes of blocks that the products of attention work in.</summary>
internal readonly struct AttentionLayout
{
    private readonly bool _isBfloat16;

    private AttentionLayout(int strip, int rows, bool isBfloat16) => (Strip, Rows, _isBfloat16) = (strip, rows, isBfloat16);

    /// <summary>Products in bfloat16 by a unit for it: strips of 32 both ways, and sums over multiples of 32.</summary>
    public static AttentionLayout Bfloat16 => new(TilePacking.StripLanes, TilePacking.StripLanes, true);

    /// <summary>Columns of a strip of the right operand; a block of keys begins at a multiple of it.</summary>
    public int Strip { get; }

    /// <summary>Rows of a strip of the left operand.</summary>
    public int Rows { get; }

    /// <summary>
    /// Products in float32 with register tiles of the given number of rows, and of 32 columns or a divisor of it. The strip is the same for all
    /// tiles, because sums over keys begin at a multiple of it.
    /// </summary>
    public static AttentionLayout Float32(int rows) => new(32, rows, false);

    /// <summary>
    /// Maximum number of queries of a tile. With more queries packed keys are reused more; with fewer, three tiles of scores fit in the second-level cache. Emitted code
    /// computes whole strips of queries.
    /// </summary>
    public int TileQueries(int keys) => _isBfloat16 ? 64 : keys <= 512 ? 96 : 48;

    /// <summary>Floats from one row of a head to the next in results of products.</summary>
    public int RowFloats(int headSize) => _isBfloat16 ? Padded(headSize, Strip) : headSize;

    /// <summary>The number of rows that a product with this many rows on the left writes.</summary>
    public int RowsWritten(int rows) => _isBfloat16 ? Padded(rows, Rows) : rows;

    /// <summary>Floats of a packed left operand.</summary>
    public long Left(int lanes, int depth) => _isBfloat16 ? TilePacking.Bytes(lanes, depth) / sizeof(float) : (long)Padded(lanes, Rows) * depth;

    /// <summary>Floats of a packed right operand.</summary>
    public long Right(int lanes, int depth) => _isBfloat16 ? TilePacking.Bytes(lanes, depth) / sizeof(float) : (long)Padded(lanes, Strip) * depth;

    /// <summary>Floats that a product with a tile of scores needs to pack a part of them, or all of them if it does not pack in parts.</summary>
    public long PackedScores(int queries, int columns) => _isBfloat16 ? Math.Max(Left(queries, columns), Right(columns, queries)) : Left(queries, Float32Products.DepthBlock);

    public static int Padded(int count, int multiple) => (count + multiple - 1) / multiple * multiple;
}
