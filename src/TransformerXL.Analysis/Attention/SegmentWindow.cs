namespace TransformerXL.Analysis.Attention;

/// <summary>Reads a text segment by segment, and keeps some tokens before the segment.</summary>
/// <param name="tokens">The text.</param>
/// <param name="length">L.</param>
/// <param name="remembered">Number of tokens kept before the segment.</param>
internal sealed class SegmentWindow(IEnumerator<int> tokens, int length, int remembered)
{
    // The kept tokens, the segment, and the token after it.
    private readonly int[] _ids = new int[remembered + length + 1];
    private bool _ended;

    /// <summary>The position of the first token of the segment in the text.</summary>
    public long Start { get; private set; }

    /// <summary>Number of tokens of the segment; each is followed by another token.</summary>
    public int Count { get; private set; }

    /// <summary>The tokens of the segment.</summary>
    public ReadOnlySpan<int> Inputs => _ids.AsSpan(remembered, Count);

    /// <summary>Reads the next segment; false at the end of the text.</summary>
    public bool Advance()
    {
        if (_ended)
        {
            return false;
        }

        // The token after the last segment is the first one of this segment; before the first segment there is none.
        int known = Count > 0 ? 1 : 0;
        _ids.AsSpan(Count, remembered + known).CopyTo(_ids);
        Start += Count;
        for (Count = known; Count <= length && tokens.MoveNext(); Count++)
        {
            _ids[remembered + Count] = tokens.Current;
        }

        _ended = Count <= length;
        Count = Math.Max(Count - 1, 0);
        return Count > 0;
    }

    /// <summary>The token after a token of the segment.</summary>
    public int Next(int row) => _ids[remembered + row + 1];

    /// <summary>Tokens by distance: those after a row of the segment, the farthest first, the one at the row, then those before it.</summary>
    /// <param name="row">The row.</param>
    /// <param name="count">How many in all.</param>
    /// <param name="following">How many after the row.</param>
    public int[] Context(int row, int count, int following)
    {
        int[] context = _ids.AsSpan(remembered + row + 1 + following - count, count).ToArray();
        Array.Reverse(context);
        return context;
    }
}
