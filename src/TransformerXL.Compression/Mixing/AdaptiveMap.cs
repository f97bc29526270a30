namespace TransformerXL.Compression.Mixing;

/// <summary>
/// Probabilities of a 1 bit by context. An entry holds 22 bits of probability above 10 bits of a count: the first observations move it by 1/n, later ones
/// by the reciprocal of the limit.
/// </summary>
internal sealed class AdaptiveMap
{
    private const int CountBits = 10;
    private const int CountMask = (1 << CountBits) - 1;
    private static readonly int[] s_reciprocals = [.. Enumerable.Range(0, CountMask + 1).Select(n => (int)(65536 / (n + 1.6)))];

    private readonly uint[] _entries;
    private readonly int _limit;

    public AdaptiveMap(int contexts, int limit)
    {
        (_entries, _limit) = (new uint[contexts], limit);
        Array.Fill(_entries, 1u << 31);
    }

    /// <summary>Bytes of memory.</summary>
    public long Bytes => _entries.Length * 4L;

    /// <summary>The probability in units of 1/4096.</summary>
    public int this[int context] => (int)(_entries[context] >> 20);

    /// <summary>The probability in units of 1/65536.</summary>
    public int Fine(int context) => (int)(_entries[context] >> 16);

    /// <summary>Starts an entry at a probability in units of 1/65536.</summary>
    public void Set(int context, int probability, int count) => _entries[context] = ((uint)probability << 16) | (uint)count;

    /// <summary>Learns that a bit followed a context.</summary>
    public void Update(int context, int bit)
    {
        ref uint entry = ref _entries[context];
        int count = (int)(entry & CountMask), p = (int)(entry >> CountBits);
        int target = (1 << 22) - 1 & -bit;
        int next = p + (int)(((long)(target - p) * s_reciprocals[count]) >> 16);
        entry = ((uint)next << CountBits) | (uint)(count < _limit ? count + 1 : count);
    }
}
