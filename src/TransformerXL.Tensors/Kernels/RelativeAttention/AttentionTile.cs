namespace TransformerXL.Tensors.Kernels.RelativeAttention;

/// <summary>
/// A tile of neighbouring queries of one head and what they can see. Scores lie in rows of <see cref="Stride"/> floats;
/// key j is at column <see cref="LeftPad"/> + j, so that the same rows, read with a stride one longer, are indexed by
/// distance: that is the relative shift, and it moves nothing.
/// </summary>
internal readonly struct AttentionTile
{
    private readonly int _queries;

    public AttentionTile(in AttentionArguments arguments, int first, int strip)
    {
        Size = SizeFor(arguments);
        First = first;
        Count = Math.Min(Size, arguments.Queries - first);
        FirstKey = arguments.FirstVisible(first) / strip * strip;
        EndKey = arguments.Memory + first + Count;
        int nearest = arguments.Queries - (first + Count) + FirstKey;
        FirstPosition = nearest / strip * strip;
        LeftPad = LeftPadFor(Size, strip);
        Stride = StrideFor(arguments, Size, strip);
        _queries = arguments.Queries;
    }

    /// <summary>Queries in a whole tile.</summary>
    public int Size { get; }

    public int First { get; }

    public int Count { get; }

    /// <summary>The first key that any query of the tile sees, rounded down to a strip.</summary>
    public int FirstKey { get; }

    /// <summary>One past the last key that any query of the tile sees.</summary>
    public int EndKey { get; }

    /// <summary>The first row of the relative table that the tile needs, rounded down to a strip.</summary>
    public int FirstPosition { get; }

    public int LeftPad { get; }

    public int Stride { get; }

    /// <summary>Column of a score row from which row p of the relative table belongs to key p - PositionShift.</summary>
    public int PositionShift(int row) => _queries - 1 - (First + row);

    /// <summary>More queries share the packed keys; fewer keep three tiles of scores in the second cache.</summary>
    public static int SizeFor(in AttentionArguments arguments) => arguments.Keys <= 512 ? 96 : 48;

    public static int LeftPadFor(int size, int strip) => (size + strip + 15) / 16 * 16;

    public static int StrideFor(in AttentionArguments arguments, int size, int strip)
    {
        int stride = LeftPadFor(size, strip) + ((arguments.Keys + strip - 1) / strip * strip) + (2 * strip);
        stride = (stride + 15) / 16 * 16;
        // Rows a multiple of 1 KiB apart would fall into the same sets of the first cache.
        return stride % 256 == 0 ? stride + 16 : stride;
    }
}
