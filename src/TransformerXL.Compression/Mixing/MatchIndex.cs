namespace TransformerXL.Compression.Mixing;

/// <summary>Finds earlier places of a ring of bytes by a hash of the bytes before them.</summary>
internal sealed class MatchIndex
{
    private const int LongestCheck = 400;

    private readonly byte[] _history;
    private readonly int[] _places;
    private readonly int _shift, _mask;

    /// <param name="history">A ring of the last bytes, a power of two.</param>
    /// <param name="bits">The index has 2^bits entries.</param>
    public MatchIndex(byte[] history, int bits)
    {
        (_history, _mask) = (history, history.Length - 1);
        (_places, _shift) = (new int[1 << bits], 32 - bits);
    }

    /// <summary>Replaces the last place with the same hash by this one.</summary>
    /// <param name="hash">A hash of the bytes before the place.</param>
    /// <param name="position">Bytes of the stream before the place.</param>
    /// <returns>The last place.</returns>
    public int Exchange(ulong hash, long position)
    {
        ref int place = ref _places[(uint)((hash * 0x9E3779B97F4A7C15UL) >> 32) >> _shift];
        int last = place;
        place = (int)position & _mask;
        return last;
    }

    /// <summary>How many bytes before a place are those before the next byte, up to 400.</summary>
    public int LengthAt(int place, long position)
    {
        int end = (int)(position - 1) & _mask, length = 0;
        while (length < LongestCheck && length < position && Same((place - 1 - length) & _mask, (end - length) & _mask))
        {
            length++;
        }

        return length;
    }

    private bool Same(int theirs, int ours) => theirs != ours && _history[theirs] == _history[ours];
}
