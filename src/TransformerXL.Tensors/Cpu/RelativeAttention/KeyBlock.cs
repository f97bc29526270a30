namespace TransformerXL.Tensors.Cpu.RelativeAttention;

/// <summary>The position of a block's keys relative to the queries of a tile.</summary>
internal enum KeySide
{
    /// <summary>The queries' own ranges.</summary>
    Own,

    /// <summary>Global positions before a query's own range.</summary>
    Before,

    /// <summary>Global positions after a query's own range.</summary>
    After,
}

/// <summary>
/// Neighbouring keys that some queries of a tile see, and the position of their scores. Each block has its own columns in the
/// rows of a tile: zeros, the scores, zeros, up to where the products by key and by distance read.
/// </summary>
internal struct KeyBlock(int first, int end, KeySide side)
{
    public readonly int First = first;

    public readonly int End = end;

    public readonly KeySide Side = side;

    /// <summary><see cref="First"/> rounded down to a strip.</summary>
    public int FirstKey;

    /// <summary>The rows of the relative table that the block needs, the first rounded down to a strip.</summary>
    public int FirstPosition, EndPosition;

    /// <summary>The first column of the block.</summary>
    public int Column;

    /// <summary>Key j is at column KeyColumn + j.</summary>
    public int KeyColumn;

    /// <summary>Row p of the relative table is at column PositionColumn + p.</summary>
    public int PositionColumn;

    /// <summary>One past the last column that a product reads.</summary>
    public int EndColumn;
}
