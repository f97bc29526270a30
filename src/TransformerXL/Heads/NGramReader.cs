namespace TransformerXL.Heads;

/// <summary>An n-gram of tokens that a text has not had before.</summary>
/// <param name="Row">The row of the table that it is hashed to.</param>
/// <param name="Length">Its tokens, the last of which was read last.</param>
internal readonly record struct NGram(int Row, int Length);

/// <summary>The different n-grams of a text, in constant memory: each row of the table once, when it occurs first (hashing as in Weinberger et al. 2009).</summary>
/// <param name="head">The length of the n-grams, and the rows.</param>
internal sealed class NGramReader(HeadConfiguration head)
{
    private readonly ulong[] _seen = new ulong[head.NGramRows / 64];
    private readonly int[] _last = new int[head.NGrams];
    private int _count;

    /// <summary>Goes on with another text.</summary>
    public void Clear()
    {
        Array.Clear(_seen);
        _count = 0;
    }

    /// <summary>Reads a token and adds the n-grams that end with it and are new.</summary>
    public void Read(int token, List<NGram> found)
    {
        Array.Copy(_last, 0, _last, 1, _last.Length - 1);
        _last[0] = token;
        _count = Math.Min(_count + 1, _last.Length);
        uint hash = 0;
        for (int length = 1; length <= _count; length++)
        {
            hash = Mix(hash + (uint)_last[length - 1] + 1);
            int row = (int)(hash & (uint)(head.NGramRows - 1));
            ulong bit = 1ul << (row % 64);
            if ((_seen[row / 64] & bit) == 0)
            {
                _seen[row / 64] |= bit;
                found.Add(new NGram(row, length));
            }
        }
    }

    /// <summary>The last step of MurmurHash3. Stored models depend on it.</summary>
    private static uint Mix(uint value)
    {
        value = (value ^ (value >> 16)) * 0x85EBCA6B;
        value = (value ^ (value >> 13)) * 0xC2B2AE35;
        return value ^ (value >> 16);
    }
}
