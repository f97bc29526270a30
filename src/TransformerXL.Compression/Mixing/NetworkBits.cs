namespace TransformerXL.Compression.Mixing;

/// <summary>The bit predictions that follow from frequencies of the next byte: the share of the bytes that go on with a 1 among those that begin with the bits so far.</summary>
internal sealed class NetworkBits
{
    private readonly long[] _sums = new long[257];
    private int _low, _size;

    /// <summary>Takes the frequencies of the 256 bytes, each at least 1.</summary>
    public void Begin(ReadOnlySpan<int> frequencies)
    {
        for (int i = 0; i < 256; i++)
        {
            _sums[i + 1] = _sums[i] + frequencies[i];
        }

        (_low, _size) = (0, 256);
    }

    /// <summary>The logit of the next bit.</summary>
    public float Logit()
    {
        int half = _size / 2;
        long zeros = _sums[_low + half] - _sums[_low], ones = _sums[_low + _size] - _sums[_low + half];
        return Logistic.Ratio(ones, zeros);
    }

    /// <summary>Takes the bit that was coded.</summary>
    public void Advance(int bit)
    {
        _size /= 2;
        _low += bit * _size;
    }
}
