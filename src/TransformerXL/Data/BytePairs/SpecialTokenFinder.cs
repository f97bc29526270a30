using System.Buffers;

namespace TransformerXL.Data.BytePairs;

/// <summary>Finds special tokens in text: the leftmost, and of those that begin at one place the longest.</summary>
internal sealed class SpecialTokenFinder
{
    private readonly (byte[] Text, int Id)[] _tokens;
    private readonly SearchValues<byte> _firstBytes;

    public SpecialTokenFinder(IEnumerable<(byte[] Text, int Id)> tokens)
    {
        _tokens = [.. tokens.OrderByDescending(token => token.Text.Length)];
        _firstBytes = SearchValues.Create([.. _tokens.Select(token => token.Text[0]).Distinct()]);
    }

    /// <summary>
    /// The number of bytes before the first special token, whose id and length are given; the id is -1 if there is none
    /// before the end, or if whether one begins at that place depends on what follows.
    /// </summary>
    public int Find(ReadOnlySpan<byte> text, bool ended, out int id, out int length)
    {
        id = -1;
        length = 0;
        if (_tokens.Length == 0)
        {
            return text.Length;
        }
        for (int at = 0; ; at++)
        {
            int skipped = text[at..].IndexOfAny(_firstBytes);
            if (skipped < 0)
            {
                return text.Length;
            }
            at += skipped;
            if (Decide(text[at..], ended, ref id, ref length))
            {
                return at;
            }
        }
    }

    private bool Decide(ReadOnlySpan<byte> text, bool ended, ref int id, ref int length)
    {
        foreach ((byte[] token, int tokenId) in _tokens)
        {
            if (text.StartsWith(token))
            {
                (id, length) = (tokenId, token.Length);
                return true;
            }
            if (!ended && text.Length < token.Length && token.AsSpan().StartsWith(text))
            {
                return true;
            }
        }
        return false;
    }
}
