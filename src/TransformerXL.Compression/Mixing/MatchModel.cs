namespace TransformerXL.Compression.Mixing;

/// <summary>
/// Finds the last place where the bytes before it were those before the next byte, and predicts what followed there. Streams share the index, so that one
/// finds what another has read.
/// </summary>
internal sealed class MatchModel
{
    /// <summary>Match models of a predictor.</summary>
    public const int Count = 2;

    private const int LongestLength = 65535;

    private readonly byte[] _history;
    private readonly int[] _index;
    private readonly int _minimum, _which, _shift, _window;

    /// <param name="which">The number of the model.</param>
    /// <param name="minimum">The shortest match.</param>
    /// <param name="history">Last bytes of all streams, each in a ring of its own.</param>
    /// <param name="window">Bytes of a ring, a power of two.</param>
    /// <param name="bits">The index has 2^bits entries.</param>
    public MatchModel(int which, int minimum, byte[] history, int window, int bits) =>
        (_which, _minimum, _history, _window, _index, _shift) = (which, minimum, history, window, new int[1 << bits], 32 - bits);

    /// <summary>The predicted byte and the length of the match; -1 if there is none.</summary>
    public (int Byte, int Length) Predict(StreamHistory stream)
    {
        int length = stream.MatchLength[_which];
        return length == 0 ? (-1, 0) : (_history[stream.MatchPlace[_which]], length);
    }

    /// <summary>Takes in the byte that the stream has just appended to its ring.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="ring">Place of its ring in the history.</param>
    public void Append(StreamHistory stream, int ring)
    {
        ref int length = ref stream.MatchLength[_which];
        ref int place = ref stream.MatchPlace[_which];
        int end = ring + ((stream.Position - 1) & (_window - 1)), next = ring + (stream.Position & (_window - 1));
        if (length > 0)
        {
            bool hit = _history[place] == _history[end];
            stream.MatchMisses[_which] = (stream.MatchMisses[_which] << 1) | (hit ? 0u : 1u);
            length = hit ? Math.Min(length + 1, LongestLength) : 0;
            place = Next(place);
        }

        uint hash = Hash(stream.Last) >> _shift;
        if (length == 0)
        {
            place = _index[hash];
            while (length < 400 && length < stream.Position && Same(place, end, length, ring))
            {
                length++;
            }

            if (length < _minimum)
            {
                length = 0;
            }
            else
            {
                stream.MatchMisses[_which] = 0;
            }
        }

        _index[hash] = next;
    }

    private uint Hash(ulong last)
    {
        ulong bytes = _minimum >= 8 ? last : last & ((1UL << (8 * _minimum)) - 1);
        return (uint)((bytes * 0x9E3779B97F4A7C15UL) >> 32);
    }

    private int Next(int place) => (place & ~(_window - 1)) | ((place + 1) & (_window - 1));

    /// <summary>Whether the bytes that are some places before a candidate and before the next byte are the same.</summary>
    private bool Same(int place, int end, int back, int ring)
    {
        int theirs = (place & ~(_window - 1)) | ((place - 1 - back) & (_window - 1));
        int ours = ring + ((end - ring - back) & (_window - 1));
        return theirs != ours && _history[theirs] == _history[ours];
    }
}
