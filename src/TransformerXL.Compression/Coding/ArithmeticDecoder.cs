namespace TransformerXL.Compression.Coding;

/// <summary>Reads what <see cref="ArithmeticEncoder"/> wrote. Bytes after the end are zeros.</summary>
internal sealed class ArithmeticDecoder : IBitCoder
{
    private readonly ReadOnlyMemory<byte> _input;
    private ulong _low, _high = ulong.MaxValue, _code;
    private int _next;

    public ArithmeticDecoder(ReadOnlyMemory<byte> input)
    {
        _input = input;
        for (int i = 0; i < 8; i++)
        {
            _code = (_code << 8) | NextByte();
        }
    }

    /// <inheritdoc/>
    public int Code(int bit, int probability)
    {
        ulong middle = _low + (((_high - _low) >> 16) * (uint)probability);
        bit = _code <= middle ? 1 : 0;
        if (bit != 0)
        {
            _high = middle;
        }
        else
        {
            _low = middle + 1;
        }

        while (((_low ^ _high) >> 56) == 0)
        {
            _low <<= 8;
            _high = (_high << 8) | 255;
            _code = (_code << 8) | NextByte();
        }

        return bit;
    }

    private byte NextByte() => _next < _input.Length ? _input.Span[_next++] : (byte)0;
}
