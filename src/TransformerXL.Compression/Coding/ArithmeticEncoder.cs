using System.Buffers;

namespace TransformerXL.Compression.Coding;

/// <summary>
/// Binary arithmetic coder: an interval of 64 bits, probabilities of 16 bits. Bytes leave when both ends of the interval agree on them.
/// </summary>
internal sealed class ArithmeticEncoder(ArrayBufferWriter<byte> output) : IBitCoder
{
    private ulong _low, _high = ulong.MaxValue;

    /// <inheritdoc/>
    public int Code(int bit, int probability)
    {
        ulong middle = _low + (((_high - _low) >> 16) * (uint)probability);
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
            output.GetSpan(1)[0] = (byte)(_high >> 56);
            output.Advance(1);
            _low <<= 8;
            _high = (_high << 8) | 255;
        }

        return bit;
    }

    /// <summary>Writes the shortest bytes that lie in the interval, whatever follows them is read as zeros.</summary>
    public void Finish()
    {
        for (int bytes = 0; bytes <= 8; bytes++)
        {
            ulong mask = bytes == 0 ? ulong.MaxValue : bytes == 8 ? 0 : ulong.MaxValue >> (8 * bytes);
            ulong value = bytes == 0 ? 0 : (_low & mask) == 0 ? _low : (_low | mask) + 1;
            if (value < _low || value > _high)
            {
                continue;
            }

            for (int i = 0; i < bytes; i++)
            {
                output.GetSpan(1)[0] = (byte)(value >> (56 - (8 * i)));
                output.Advance(1);
            }

            return;
        }
    }
}
