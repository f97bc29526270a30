namespace TransformerXL.Compression.Mixing;

/// <summary>Finds the last place where the bytes before it were those before the next byte, and predicts what followed there.</summary>
internal sealed class MatchModel
{
    /// <summary>Match models of a predictor.</summary>
    public const int Count = 2;

    private const int LongestLength = 65535, LongestCheck = 400, MaxIndexBits = 20;

    private readonly byte[] _history;
    private readonly int[] _index;
    private readonly int _minimum, _shift, _mask;
    private int _place, _length;

    /// <param name="minimum">The shortest match.</param>
    /// <param name="history">A ring of the last bytes, a power of two.</param>
    /// <param name="bits">The index has 2^bits entries, but at most 2^20.</param>
    public MatchModel(int minimum, byte[] history, int bits)
    {
        (_minimum, _history, _mask) = (minimum, history, history.Length - 1);
        bits = Math.Min(bits, MaxIndexBits);
        (_index, _shift) = (new int[1 << bits], 32 - bits);
    }

    /// <summary>The predicted byte and the length of the match; a length of 0 if there is none.</summary>
    public (int Byte, int Length) Predict() => (_history[_place], _length);

    /// <summary>Takes in the byte that the stream has just appended to the ring.</summary>
    public void Append(StreamHistory stream)
    {
        int end = (int)(stream.Position - 1) & _mask;
        if (_length > 0)
        {
            _length = _history[_place] == _history[end] ? Math.Min(_length + 1, LongestLength) : 0;
            _place = (_place + 1) & _mask;
        }

        uint hash = Hash(stream.Last) >> _shift;
        if (_length == 0)
        {
            _place = _index[hash];
            while (_length < LongestCheck && _length < stream.Position && Same(end, _length))
            {
                _length++;
            }

            _length = _length < _minimum ? 0 : _length;
        }

        _index[hash] = (int)stream.Position & _mask;
    }

    private uint Hash(ulong last)
    {
        ulong bytes = _minimum >= 8 ? last : last & ((1UL << (8 * _minimum)) - 1);
        return (uint)((bytes * 0x9E3779B97F4A7C15UL) >> 32);
    }

    /// <summary>Whether the bytes that are some places before the candidate and before the next byte are the same.</summary>
    private bool Same(int end, int back)
    {
        int theirs = (_place - 1 - back) & _mask, ours = (end - back) & _mask;
        return theirs != ours && _history[theirs] == _history[ours];
    }
}
