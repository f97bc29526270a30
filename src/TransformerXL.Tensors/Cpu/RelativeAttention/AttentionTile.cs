using System.Buffers;

namespace TransformerXL.Tensors.Cpu.RelativeAttention;

/// <summary>
/// A tile of neighbouring queries of one head and the blocks of keys that they see. Scores of a block lie in rows of
/// <see cref="Stride"/> floats; key j is at column KeyColumn + j, so that the same rows, read with a stride one longer, are
/// indexed by distance: this is the relative shift, without moving data.
/// </summary>
internal readonly unsafe struct AttentionTile
{
    private readonly int _queries;

    public AttentionTile(in AttentionArguments arguments, int first, in AttentionLayout layout, int stride, KeyBlock* blocks)
    {
        int size = layout.TileQueries(arguments.Keys), strip = layout.Strip;
        First = first;
        Count = arguments.Visibility.TileEnd(arguments.Queries, arguments.Keys, first, size) - first;
        Stride = stride;
        Blocks = blocks;
        _queries = arguments.Queries;
        Span<KeyBlock> space = new(blocks, arguments.Visibility.MaxBlocks);
        BlockCount = arguments.Visibility.BlocksOf(arguments.Queries, arguments.Keys, first, first + Count, space);
        int column = 0, rows = arguments.RelativeRows;
        foreach (ref KeyBlock block in space[..BlockCount])
        {
            column = Place(ref block, column, rows, LeftPadFor(size, strip), strip);
        }

        Columns = column + strip;
    }

    public int First { get; }

    public int Count { get; }

    public int Stride { get; }

    public int BlockCount { get; }

    public KeyBlock* Blocks { get; }

    /// <summary>Columns that the products over the tile read or write.</summary>
    public int Columns { get; }

    /// <summary>Row p of the relative table belongs, for a query of the tile, to key p - PositionShift.</summary>
    public int PositionShift(int row) => _queries - 1 - (First + row);

    public static int StrideFor(in AttentionArguments arguments, in AttentionLayout layout)
    {
        int stride = arguments.Visibility.IsCausal
            ? LeftPadFor(layout.TileQueries(arguments.Keys), layout.Strip) + AttentionLayout.Padded(arguments.Keys, layout.Strip) + (2 * layout.Strip)
            : MaxColumns(arguments, layout);
        stride = (stride + 15) / 16 * 16;
        // Rows at a multiple of 1 KiB would map to the same sets of the first-level cache.
        return stride % 256 == 0 ? stride + 16 : stride;
    }

    private static int LeftPadFor(int size, int strip) => (size + strip + 15) / 16 * 16;

    private static int MaxColumns(in AttentionArguments arguments, in AttentionLayout layout)
    {
        int columns = layout.Strip;
        KeyBlock[] blocks = ArrayPool<KeyBlock>.Shared.Rent(arguments.Visibility.MaxBlocks);
        fixed (KeyBlock* space = blocks)
        {
            for (int first = 0; first < arguments.Queries;)
            {
                AttentionTile tile = new(arguments, first, layout, 0, space);
                columns = Math.Max(columns, tile.Columns);
                first += tile.Count;
            }
        }

        ArrayPool<KeyBlock>.Shared.Return(blocks);
        return columns;
    }

    /// <summary>Gives a block its columns, from <paramref name="column"/> on; returns the first column that is free after it.</summary>
    private int Place(ref KeyBlock block, int column, int relativeRows, int leftPad, int strip)
    {
        int shift = PositionShift(Count - 1);
        block.FirstKey = block.First / strip * strip;
        block.FirstPosition = (shift + block.FirstKey) / strip * strip;
        block.EndPosition = Math.Min(relativeRows, PositionShift(0) + block.End);
        block.Column = column;
        block.KeyColumn = column + leftPad - block.FirstKey;
        block.PositionColumn = column + leftPad - block.FirstPosition;
        block.EndColumn = block.KeyColumn + Math.Max(block.End, block.EndPosition - shift) + strip;
        return (Math.Max(block.EndColumn, block.PositionColumn + block.EndPosition) + 15) / 16 * 16;
    }
}
