using System.Buffers;
using TransformerXL.Text;

namespace TransformerXL.Inference;

/// <summary>Counts the characters that predicted tokens cover, the divisor of bits per character.</summary>
internal static class CharacterCount
{
    private const int Chunk = 1024;

    /// <summary>
    /// All characters of the text but those of tokens that are not predicted: the first of each stream and the rest at the
    /// end. Exact where every token is one character, or where the vocabulary is given; else in proportion to the tokens.
    /// </summary>
    public static long OfPredicted(TokenFile tokens, SegmentBatches batches, Vocabulary? vocabulary)
    {
        if (tokens.Characters == tokens.Count)
        {
            return batches.TargetTokens;
        }

        if (vocabulary is null)
        {
            return (long)Math.Round((double)tokens.Characters * batches.TargetTokens / tokens.Count);
        }

        long skipped = Of(tokens, batches.StreamLength * batches.BatchSize, tokens.Count, vocabulary);
        for (int stream = 0; stream < batches.BatchSize; stream++)
        {
            skipped += Of(tokens, stream * batches.StreamLength, (stream * batches.StreamLength) + 1, vocabulary);
        }

        return tokens.Characters - skipped;
    }

    /// <summary>
    /// The characters of the first tokens of a text: exact where tokens keep the text as it was, in proportion to the tokens for words, word pieces and unigram pieces, whose
    /// white space and unknown words are gone.
    /// </summary>
    public static long OfBeginning(TokenFile tokens, long count, Vocabulary vocabulary) => !vocabulary.KeepsText
        ? (long)Math.Round((double)tokens.Characters * count / tokens.Count)
        : Of(tokens, 0, count, vocabulary);

    /// <summary>Characters of the tokens from <paramref name="begin"/> to before <paramref name="end"/>: one for each byte that begins a code point.</summary>
    private static long Of(TokenFile tokens, long begin, long end, Vocabulary vocabulary)
    {
        ArrayBufferWriter<byte> utf8 = new();
        int[] ids = new int[(int)Math.Min(Chunk, end - begin)];
        long count = 0;
        for (; begin < end; begin += ids.Length)
        {
            Span<int> part = ids.AsSpan(0, (int)Math.Min(ids.Length, end - begin));
            tokens.Read(begin, part);
            utf8.ResetWrittenCount();
            vocabulary.DecodeUtf8(part, utf8);
            foreach (byte value in utf8.WrittenSpan)
            {
                count += (value & 0xC0) != 0x80 ? 1 : 0;
            }
        }

        return count;
    }
}
