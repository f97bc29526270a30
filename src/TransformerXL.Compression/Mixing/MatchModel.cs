namespace TransformerXL.Compression.Mixing;

/// <summary>Finds the last place where the bytes before it were those before the next byte, and predicts what followed there.</summary>
internal sealed class MatchModel
{
    /// <summary>Match models of a predictor.</summary>
    public const int Count = 2;

    private const int LongestLength = 65535, MaxIndexBits = 20;

    private readonly byte[] _history;
    private readonly MatchIndex _index;
    private readonly int _minimum, _mask;
    private int _place, _length;

    /// <param name="minimum">The shortest match.</param>
    /// <param name="history">A ring of the last bytes, a power of two.</param>
    /// <param name="bits">The index has 2^bits entries, but at most 2^20.</param>
    public MatchModel(int minimum, byte[] history, int bits)
    {
        (_minimum, _history, _mask) = (minimum, history, history.Length - 1);
        _index = new MatchIndex(history, Math.Min(bits, MaxIndexBits));
    }

    /// <summary>The predicted byte and the length of the match; a length of 0 if there is none.</summary>
    public (int Byte, int Length) Predict() => (_history[_place], _length);

    /// <summary>Takes in the byte that the stream has just appended to the ring.</summary>
    public void Append(StreamHistory stream)
    {
        if (_length > 0)
        {
            _length = _history[_place] == _history[(int)(stream.Position - 1) & _mask] ? Math.Min(_length + 1, LongestLength) : 0;
            _place = (_place + 1) & _mask;
        }

        int last = _index.Exchange(_minimum >= 8 ? stream.Last : stream.Last & ((1UL << (8 * _minimum)) - 1), stream.Position);
        if (_length == 0)
        {
            (_place, _length) = (last, _index.LengthAt(last, stream.Position));
            _length = _length < _minimum ? 0 : _length;
        }
    }
}
