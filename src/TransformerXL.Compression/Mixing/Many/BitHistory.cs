namespace TransformerXL.Compression.Mixing.Many;

/// <summary>
/// States of what followed a context, one byte each: how often a 0 and how often a 1 (n0, n1), and the last bit. A surprise makes the larger count forget. Pairs of large counts are
/// not told apart, so that a byte is enough.
/// </summary>
internal static class BitHistory
{
    /// <summary>Number of states; state 0 is a context that nothing has followed.</summary>
    public static readonly int Count;

    private static readonly int[] s_longest = [40, 24, 12, 8, 6, 5];
    private static readonly byte[] s_next = new byte[512], s_total = new byte[256];
    private static readonly int[] s_initial = new int[256];
    private static readonly bool[] s_certain = new bool[256];

    static BitHistory()
    {
        Dictionary<(int Zeros, int Ones, int Last), byte> states = [];
        for (int total = 0; total <= 41; total++)
        {
            for (int zeros = 0; zeros <= total; zeros++)
            {
                for (int last = 0; last < 2 && IsState(zeros, total - zeros); last++)
                {
                    if ((last == 0 ? zeros : total - zeros) > 0 || total == 0)
                    {
                        states.TryAdd((zeros, total - zeros, total == 0 ? 0 : last), (byte)states.Count);
                    }
                }
            }
        }

        Count = states.Count;
        foreach (((int zeros, int ones, int _), byte state) in states)
        {
            s_total[state] = (byte)(zeros + ones);
            s_certain[state] = (zeros == 0) != (ones == 0);
            s_initial[state] = (int)(65536 * (ones + 0.3) / (zeros + ones + 0.6));
            s_next[state * 2] = states[Follow(zeros, ones, 0)];
            (int o, int z, _) = Follow(ones, zeros, 1);
            s_next[(state * 2) + 1] = states[(z, o, 1)];
        }
    }

    /// <summary>The state after a bit.</summary>
    public static int Next(int state, int bit) => s_next[(state * 2) + bit];

    /// <summary>Observations that a state remembers.</summary>
    public static int Total(int state) => s_total[state];

    /// <summary>Whether only one of the two bits followed.</summary>
    public static bool IsCertain(int state) => s_certain[state];

    /// <summary>The probability of a 1 from the counts alone, in units of 1/65536.</summary>
    public static int Initial(int state) => s_initial[state];

    private static bool IsState(int a, int b) => Math.Min(a, b) < s_longest.Length && Math.Max(a, b) <= s_longest[Math.Min(a, b)];

    private static (int Same, int Other, int Bit) Follow(int same, int other, int bit)
    {
        other = other > 2 ? System.Numerics.BitOperations.Log2((uint)other) + 1 : other;
        same++;
        while (!IsState(same, other))
        {
            if (same > other)
            {
                same--;
            }
            else
            {
                other--;
            }
        }

        return (same, other, bit);
    }
}
