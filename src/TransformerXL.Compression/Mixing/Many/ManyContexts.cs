namespace TransformerXL.Compression.Mixing.Many;

/// <summary>The contexts of the next byte, as hashes.</summary>
internal static class ManyContexts
{
    /// <summary>How many there are.</summary>
    public const int Count = 48;

    /// <summary>Those that begin with the word so far are from this one to <see cref="LastOfWords"/>.</summary>
    public const int FirstOfWords = 11, LastOfWords = 24;

    /// <summary>Computes them.</summary>
    public static void Compute(TextHistory text, uint expected, Span<ulong> hashes)
    {
        ulong last = text.Last, c1 = last & 255, word = text.Word, folded = text.Folded;
        uint w0 = text.Before(0), w1 = text.Before(1), w2 = text.Before(2);
        int i = 0;
        i = Put(hashes, i, 0);
        i = Put(hashes, i, c1);
        i = Put(hashes, i, last & 0xffff);
        i = Put(hashes, i, last & 0xffffff);
        i = Put(hashes, i, last & 0xffffffff);
        i = Put(hashes, i, last & 0xffffffffff);
        i = Put(hashes, i, last & 0xffffffffffff);
        i = Put(hashes, i, last & 0xffffffffffffff);
        i = Put(hashes, i, last, text.Older & 0xff);
        i = Put(hashes, i, last, text.Older & 0xffffffff);
        i = Put(hashes, i, last, text.Older);
        // Words.
        i = Put(hashes, i, word, c1);
        i = Put(hashes, i, word, w0);
        i = Put(hashes, i, word, w0, w1);
        i = Put(hashes, i, word, w0 + (0x9E3779B1UL * w2), w1);
        i = Put(hashes, i, word, w1);
        i = Put(hashes, i, word, w2);
        i = Put(hashes, i, word, text.Gap, w0);
        i = Put(hashes, i, word, (ulong)text.Gap + ((ulong)text.LineWord << 32));
        i = Put(hashes, i, text.Identifier, text.LastIdentifier, text.Gap);
        i = Put(hashes, i, text.Identifier, (uint)text.Pattern & 0xffff);
        i = Put(hashes, i, word, text.Tag);
        i = Put(hashes, i, word, text.LastLineWord, (ulong)text.Field);
        i = Put(hashes, i, (ulong)text.WordLength, text.Pattern & 0xffffff, c1);
        i = Put(hashes, i, word, (ulong)Math.Min(text.SentenceWords, 12));
        // Folded and sparse bytes.
        i = Put(hashes, i, folded & 0xffffff);
        i = Put(hashes, i, folded & 0xffffffffff);
        i = Put(hashes, i, folded);
        i = Put(hashes, i, last & 0xffff00);
        i = Put(hashes, i, last & 0xffffff00);
        i = Put(hashes, i, last & 0xffff0000);
        i = Put(hashes, i, last & 0xff00ff);
        i = Put(hashes, i, last & 0xf0f0ffff);
        i = Put(hashes, i, last & 0xdfdfdf00ff);
        i = Put(hashes, i, text.Shape & 0xffffffff, c1);
        i = Put(hashes, i, text.Shape);
        i = Put(hashes, i, text.Pattern & 0xffffffffffff, c1);
        // Lines.
        i = Put(hashes, i, text.Above(0), c1, text.Above(1));
        i = Put(hashes, i, text.Above(0), (ulong)text.Column);
        i = Put(hashes, i, (ulong)Math.Min(text.Column, 255), (ulong)text.FirstByte, c1);
        i = Put(hashes, i, text.LineHash, text.LastLineWord);
        i = Put(hashes, i, (ulong)text.Indent, text.LineWord, c1);
        // Tags and brackets.
        i = Put(hashes, i, text.Tag, text.OuterTag, last & 0xffff);
        i = Put(hashes, i, text.Tag, last & 0xffffff);
        // What followed the last bytes before.
        i = Put(hashes, i, text.Followers1, c1);
        i = Put(hashes, i, text.Followers2 & 0xffffff, c1);
        i = Put(hashes, i, text.Followers2 & 0xffff, last & 0xffff, text.Followers3 & 0xffff);
        _ = Put(hashes, i, expected, c1);
    }

    /// <summary>Sets the hash of one context.</summary>
    /// <returns>The index of the next one.</returns>
    internal static int Put(Span<ulong> hashes, int index, ulong a, ulong b = 0, ulong c = 0)
    {
        ulong hash = (a + ((ulong)(index + 1) * 0x9E3779B97F4A7C15UL)) * 0xD6E8FEB86659FD93UL;
        hash = ((hash ^ (hash >> 32)) + b) * 0xA0761D6478BD642FUL;
        hash = ((hash ^ (hash >> 29)) + c) * 0xE7037ED1A0B428DBUL;
        hashes[index] = hash ^ (hash >> 32);
        return index + 1;
    }
}
