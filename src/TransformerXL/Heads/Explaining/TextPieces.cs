using TransformerXL.Inference;
using TransformerXL.Text;

namespace TransformerXL.Heads.Explaining;

/// <summary>Finds the part of a text that each of its tokens stands for.</summary>
internal static class TextPieces
{
    /// <summary>The pieces of a text.</summary>
    /// <param name="vocabulary">What the tokens stand for.</param>
    /// <param name="ids">The tokens of the text.</param>
    /// <param name="text">The text.</param>
    /// <param name="first">The place of the first token in its document.</param>
    /// <param name="source">Which text it is.</param>
    public static List<ExplainedPiece> Of(Vocabulary vocabulary, ReadOnlySpan<int> ids, string text, int first, InfluenceSource source) =>
        vocabulary.EncodeSpans(text) is { } spans ? OfSpans(spans, first, source)
        : WordsOf(vocabulary) is { } words ? OfWords(words, ids, text, first, source) : OfCharacters(vocabulary, ids, text, first, source);

    /// <summary>The words of a vocabulary, also of one that an encoder has with its special tokens.</summary>
    private static WordVocabulary? WordsOf(Vocabulary vocabulary) => (vocabulary is SpecialTokensVocabulary special ? special.Inner : vocabulary) as WordVocabulary;

    /// <summary>Tokens of which the vocabulary knows the parts; those that share a character are one piece.</summary>
    private static List<ExplainedPiece> OfSpans(IReadOnlyList<TokenSpan> spans, int first, InfluenceSource source)
    {
        List<ExplainedPiece> pieces = [];
        for (int i = 0; i < spans.Count; i++)
        {
            if (pieces.Count > 0 && spans[i].Start < pieces[^1].End)
            {
                ExplainedPiece last = pieces[^1];
                pieces[^1] = last with { Count = last.Count + 1, End = Math.Max(last.End, spans[i].End) };
            }
            else
            {
                pieces.Add(new ExplainedPiece(first + i, 1, source, spans[i].Start, spans[i].End));
            }
        }

        return pieces;
    }

    /// <summary>Tokens that spell the text; an unknown character is decoded to U+FFFD, but is as long as it is in the text.</summary>
    private static List<ExplainedPiece> OfCharacters(Vocabulary vocabulary, ReadOnlySpan<int> ids, string text, int first, InfluenceSource source)
    {
        List<ExplainedPiece> pieces = [];
        TokenDecoder decoder = vocabulary.CreateDecoder();
        int place = 0, begin = 0;
        for (int i = 0; i < ids.Length; i++)
        {
            string piece = decoder.Append(ids[i]);
            piece = i == ids.Length - 1 ? piece + decoder.Flush() : piece;
            if (piece.Length > 0)
            {
                int end = EndOf(piece, text, place);
                pieces.Add(new ExplainedPiece(first + begin, i + 1 - begin, source, place, end));
                (place, begin) = (end, i + 1);
            }
        }

        return pieces;
    }

    /// <summary>As many characters of the text as the piece has.</summary>
    private static int EndOf(string piece, string text, int place)
    {
        for (int left = piece.EnumerateRunes().Count(); left > 0 && place < text.Length; left--)
        {
            place += char.IsSurrogatePair(text, place) ? 2 : 1;
        }

        return place;
    }

    /// <summary>Words, which are cut from the text as the vocabulary does; marks of lines stand for line breaks.</summary>
    private static List<ExplainedPiece> OfWords(WordVocabulary vocabulary, ReadOnlySpan<int> ids, string text, int first, InfluenceSource source)
    {
        List<ExplainedPiece> pieces = [];
        int place = 0;
        for (int i = 0; i < ids.Length; i++)
        {
            bool isMark = ids[i] == vocabulary.EndOfLineId || ids[i] == vocabulary.StartOfLineId;
            int begin = place;
            while (!isMark && begin < text.Length && char.IsWhiteSpace(text[begin]))
            {
                begin++;
            }

            int end = begin;
            if (!isMark)
            {
                end = vocabulary.Rules.Delimiter == "" ? Math.Min(begin + 1, text.Length) : EndOfWord(text, begin, vocabulary.Rules.Delimiter);
            }

            pieces.Add(new ExplainedPiece(first + i, 1, source, begin, end));
            place = end;
        }

        return pieces;
    }

    private static int EndOfWord(string text, int place, string? delimiter)
    {
        int end = place;
        while (end < text.Length && !(delimiter is null ? char.IsWhiteSpace(text[end]) : text[end] == '\n' || text.AsSpan(end).StartsWith(delimiter, StringComparison.Ordinal)))
        {
            end++;
        }

        return end;
    }
}
