using System.Numerics;

namespace TransformerXL.Compression.Mixing.Many;

/// <summary>The contexts that the set of most contexts has beside <see cref="ManyContexts"/>, as hashes.</summary>
internal static class ProseContexts
{
    /// <summary>How many there are.</summary>
    public const int Count = 35;

    /// <summary>Computes them.</summary>
    /// <param name="text">The bytes so far.</param>
    /// <param name="prose">The same as prose.</param>
    /// <param name="hashes">Receives the hashes.</param>
    /// <param name="first">The number of contexts before these.</param>
    public static void Compute(TextHistory text, ProseHistory prose, Span<ulong> hashes, int first)
    {
        ulong last = text.Last, c1 = last & 255, folded1 = text.Folded & 255, word = text.Word, form = prose.Form;
        uint w0 = text.Before(0), w1 = text.Before(1), followers = prose.TokenFollowers;
        int i = first;
        // Words of letters and digits.
        i = ManyContexts.Put(hashes, i, (ulong)text.Position >> 10, word);
        i = ManyContexts.Put(hashes, i, word, prose.Distance);
        i = ManyContexts.Put(hashes, i, word, c1, w1);
        i = ManyContexts.Put(hashes, i, word, c1, w0 + (31UL * w1));
        i = ManyContexts.Put(hashes, i, word, c1, text.Before(3));
        i = ManyContexts.Put(hashes, i, word, prose.Topic);
        i = ManyContexts.Put(hashes, i, word, prose.Following, prose.FollowingBefore);
        i = ManyContexts.Put(hashes, i, word, prose.FollowingPair);
        i = ManyContexts.Put(hashes, i, prose.Phrase(0), prose.Phrase(1), prose.Phrase(2));
        i = ManyContexts.Put(hashes, i, prose.Phrase(0), prose.Phrase(1) + (31UL * prose.Phrase(2)), prose.Phrase(3) + (31UL * prose.Phrase(4)));
        // The form of the word.
        i = ManyContexts.Put(hashes, i, form, prose.Kinds & 0xffff);
        i = ManyContexts.Put(hashes, i, form, prose.LetterCount >= 3 ? prose.Letters & 0xffffff : 0);
        i = ManyContexts.Put(hashes, i, form, prose.LetterCount >= 4 ? prose.Letters : 0);
        i = ManyContexts.Put(hashes, i, form, followers & 0xff, folded1);
        i = ManyContexts.Put(hashes, i, form, followers & 0xff, last & 0xffff);
        i = ManyContexts.Put(hashes, i, followers, prose.Groups & 0xffffffff);
        i = ManyContexts.Put(hashes, i, prose.UpperHalves & 0xfff);
        // Words with apostrophes and hyphens, stems, and clauses.
        bool isCapital = prose.SinceCapital < prose.WordLength;
        uint current = prose.CurrentWord, shortLetter = prose.WordLength < 6 ? prose.FirstLetter : 0;
        int clause = Math.Min(3, BitOperations.Log2((uint)prose.ClauseWords + 1));
        i = ManyContexts.Put(hashes, i, prose.Word, prose.Stem(0));
        i = ManyContexts.Put(hashes, i, prose.Word, prose.Stem(0), prose.Stem(1));
        i = ManyContexts.Put(hashes, i, current, prose.Before(1), prose.Before(2));
        i = ManyContexts.Put(hashes, i, prose.Stem(0), prose.Marks & 0xfc, folded1 | ((ulong)prose.Gap << 8));
        i = ManyContexts.Put(hashes, i, current, c1 | ((ulong)clause << 8), prose.ClauseStem);
        i = ManyContexts.Put(hashes, i, prose.Word, c1, prose.LastClauseStem);
        i = ManyContexts.Put(hashes, i, c1, prose.Stem(0), shortLetter | (prose.SincePunctuation < prose.WordLength + prose.Gap ? 256u : 0));
        i = ManyContexts.Put(hashes, i, current, c1, prose.PreviousFirstLetter | ((ulong)shortLetter << 8));
        i = ManyContexts.Put(hashes, i, prose.Word, (isCapital ? 1u : 0) | (prose.SinceCapital < prose.Column ? 2u : 0), (ulong)Math.Min(5, prose.WordLength));
        i = ManyContexts.Put(hashes, i, prose.Place);
        // Marks and lines.
        uint marks = prose.Marks & 0xffc;
        i = ManyContexts.Put(hashes, i, Math.Max(31, folded1), marks | ((prose.Spaces & 0xfe) << 12) | (prose.SincePunctuation < prose.SinceLetter ? 1u << 20 : 0), (prose.Capitals & 0xff) | ((ulong)prose.FirstLetter << 8));
        i = ManyContexts.Put(hashes, i, prose.SinceLetter > 0 ? c1 : 256, marks, prose.Brackets);
        i = ManyContexts.Put(hashes, i, (ulong)prose.Column, Logarithm(prose.SinceCapital), Logarithm(prose.SincePunctuation));
        i = ManyContexts.Put(hashes, i, (ulong)prose.Column * 2 / 3, (uint)Math.Min(prose.SincePunctuation, 14) | (prose.Punctuation << 4), Logarithm(prose.SinceCapital) | (Logarithm(prose.LineLength) << 8));
        i = ManyContexts.Put(hashes, i, (ulong)prose.Column / 2, prose.Spaces & 15);
        i = ManyContexts.Put(hashes, i, (ulong)prose.Column, c1);
        i = ManyContexts.Put(hashes, i, (ulong)prose.Column, (ulong)prose.LineLength);
        _ = ManyContexts.Put(hashes, i, (ulong)prose.Column, prose.Classes & 0x1ff);
    }

    private static ulong Logarithm(int distance) => (ulong)BitOperations.Log2((uint)distance + 1);
}
