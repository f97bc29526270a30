namespace TransformerXL.Compression.Mixing.Many;

/// <summary>
/// Predicts the byte that followed the last place where the bytes before it were those before the next byte. After a surprise it stays with the place, and tells how long ago the surprise was.
/// </summary>
internal sealed class LongMatch
{
    /// <summary>Inputs of a match.</summary>
    public const int Inputs = 3;

    private const int MaxLength = 65535, MaxIndexBits = 22, MaxMisses = 8;

    private readonly byte[] _history;
    private readonly MatchIndex _index;
    private readonly int _minimum, _mask;
    private readonly AdaptiveMap _map = new(64 * 8 * 16, 1023), _byOrder1 = new(65536 * 2, 255);
    private int _place, _length, _misses, _bitPlace, _bytePlace;

    public LongMatch(int minimum, byte[] history, int bits)
    {
        (_minimum, _history, _mask) = (minimum, history, history.Length - 1);
        _index = new MatchIndex(history, Math.Min(bits, MaxIndexBits));
    }

    /// <summary>Length of the match, 0 if there is none or it does not agree with the bits so far.</summary>
    public int Length { get; private set; }

    /// <summary>The byte that is expected if <see cref="Length"/> is above 0.</summary>
    public int Expected { get; private set; }

    /// <summary>A class of the length from 0 to 15.</summary>
    public int LengthClass => Length == 0 ? 0 : Length < 16 ? 1 + (Length >> 2) : Length < 32 ? 5 + ((Length - 16) >> 3) : Length < 64 ? 7 : Length < 128 ? 8 : Length < 256 ? 9 : Length < 512 ? 10 : 11;

    /// <summary>Begins a byte.</summary>
    public void BeginByte()
    {
        Length = _length;
        Expected = _length > 0 ? _history[_place] : 0;
    }

    /// <summary>Writes the inputs of a bit.</summary>
    /// <returns>The place after them.</returns>
    public int Predict(int tree, int depth, int last, float[] inputs, int input)
    {
        if (Length == 0 || (Expected | 256) >> (8 - depth) != tree)
        {
            Length = 0;
            _bitPlace = -1;
            inputs.AsSpan(input, Inputs).Clear();
            return input + Inputs;
        }

        int bit = (Expected >> (7 - depth)) & 1;
        int length = Length < 16 ? Length : Length < 32 ? 16 + ((Length - 16) >> 2) : Length < 64 ? 20 + ((Length - 32) >> 3) : Length < 512 ? 24 + ((Length - 64) >> 6) : Length < 2048 ? 32 : 33;
        _bitPlace = (((((length << 3) | Math.Min(_misses, 7)) << 1) | bit) << 3) | depth;
        _bytePlace = (((Expected << 8) | last) << 1) | (Math.Min(Length, 15) >> 3);
        int p = _map[_bitPlace], q = _byOrder1[_bytePlace];
        inputs[input] = Logistic.Stretch(p);
        inputs[input + 1] = (p - 2048) * (1f / 1024);
        inputs[input + 2] = bit == 1 ? Logistic.Stretch(q) : -Logistic.Stretch(q);
        return input + Inputs;
    }

    /// <summary>Learns a bit.</summary>
    public void Update(int bit, int depth)
    {
        if (_bitPlace >= 0)
        {
            _map.Update(_bitPlace, bit);
            _byOrder1.Update(_bytePlace, bit == ((Expected >> (7 - depth)) & 1) ? 1 : 0);
        }
    }

    /// <summary>Takes in the byte that the stream has just appended to the ring.</summary>
    public void EndByte(long position, ulong hash)
    {
        if (_length > 0)
        {
            if (_history[_place] == _history[(int)(position - 1) & _mask])
            {
                _length = Math.Min(_length + 1, MaxLength);
                _misses = _length >= 16 && (_length & 15) == 0 && _misses > 0 ? _misses - 1 : _misses;
            }
            else
            {
                _misses++;
                _length = _misses > MaxMisses ? 0 : 1;
            }

            _place = (_place + 1) & _mask;
        }

        int last = _index.Exchange(hash, position);
        if (_length < _minimum && _index.LengthAt(last, position) is var length && length >= _minimum)
        {
            (_place, _length, _misses) = (last, length, 0);
        }
    }
}
