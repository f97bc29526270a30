using System.Buffers;
using System.Text;
using TransformerXL.Text;

namespace TransformerXL.Server.Serving;

/// <summary>
/// Where the tokens of a prompt begin in its text. Most vocabularies keep the text, so that the lengths of tokens say it; words, word pieces and
/// unigrams do not: white space, and words that the vocabulary does not have, are shorter or longer in the text than in the tokens.
/// </summary>
internal static class PromptOffsets
{
    /// <summary>The first code point of each token, and the number of code points of the text; null where the lengths of tokens say it.</summary>
    /// <param name="vocabulary">The vocabulary.</param>
    /// <param name="text">The text of the prompt.</param>
    /// <param name="tokens">Its tokens, from <see cref="PromptEncoding.Encode"/>.</param>
    public static (int[] Starts, int Length)? Of(Vocabulary vocabulary, string text, int[] tokens)
    {
        if (vocabulary.KeepsText)
        {
            return vocabulary.AcceptsAnyBytes || !text.StartsWith(PromptEncoding.ByteOrderMark) ? null : AfterMark(vocabulary, tokens);
        }

        int[] starts = vocabulary.EncodeSpans(text) is { } spans && spans.Select(span => span.Id).SequenceEqual(tokens)
            ? OfSpans(text, spans)
            : OfEncoder(vocabulary, text);
        return starts.Length == tokens.Length ? (starts, text.EnumerateRunes().Count()) : null;
    }

    /// <summary>A vocabulary of characters does not read the mark, so that its tokens begin after it.</summary>
    private static (int[] Starts, int Length) AfterMark(Vocabulary vocabulary, int[] tokens)
    {
        int point = 1;
        int[] starts = new int[tokens.Length];
        for (int i = 0; i < tokens.Length; i++)
        {
            starts[i] = point;
            point += vocabulary.Decode([tokens[i]]).EnumerateRunes().Count();
        }

        return (starts, point);
    }

    private static int[] OfSpans(string text, IReadOnlyList<TokenSpan> spans)
    {
        int[] starts = new int[spans.Count];
        int points = 0, units = 0;
        for (int i = 0; i < starts.Length; i++)
        {
            while (units < spans[i].Start)
            {
                units += char.IsSurrogatePair(text, units) ? 2 : 1;
                points++;
            }

            starts[i] = points;
        }

        return starts;
    }

    /// <summary>An encoder of words gives a word when it sees the character after it; a token begins where the one before it ends.</summary>
    private static int[] OfEncoder(Vocabulary vocabulary, string text)
    {
        List<int> starts = [];
        ArrayBufferWriter<int> tokens = new();
        TokenEncoder encoder = vocabulary.CreatePromptEncoder();
        Span<byte> bytes = stackalloc byte[4];
        int point = 0, end = 0;
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (point > 0 || rune.Value != PromptEncoding.ByteOrderMark || vocabulary.AcceptsAnyBytes)
            {
                encoder.Append(bytes[..rune.EncodeToUtf8(bytes)], tokens);
            }

            foreach (int id in tokens.WrittenSpan)
            {
                starts.Add(end);
                end = id == vocabulary.EndOfLineId && rune.Value == '\n' ? point + 1 : point;
            }

            tokens.ResetWrittenCount();
            point++;
        }

        encoder.Complete(tokens);
        starts.AddRange(Enumerable.Repeat(end, tokens.WrittenCount));
        return [.. starts];
    }
}
