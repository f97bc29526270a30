using System.Globalization;
using System.Text;
using TransformerXL.Text.WordPieces;

namespace TransformerXL.Labels;

/// <summary>
/// Scripts that have no spaces between words: Chinese characters, Kana, Thai, Lao, Burmese and Khmer. Their characters are words of their own, as BERT's
/// tokenizer treats Chinese ones (Devlin et al. 2019) and as corpora of Chinese names are labelled.
/// </summary>
internal static class UnspacedScripts
{
    private const char First = '\u0E00';

    /// <summary>Divides a part of a text into such characters, with the marks that belong to each, and what is between them.</summary>
    /// <param name="text">The text.</param>
    /// <param name="start">The begin of the part.</param>
    /// <param name="end">Its end.</param>
    /// <returns>Begin and end of each piece, in order, and whether it is such a character.</returns>
    public static IEnumerable<(int Start, int End, bool IsCharacter)> Divide(string text, int start, int end)
    {
        int begin = start;
        while (start < end)
        {
            if (text[start] < First || !IsOne(text, start))
            {
                start++;
                continue;
            }

            if (start > begin)
            {
                yield return (begin, start, false);
            }

            begin = Math.Min(end, start + StringInfo.GetNextTextElementLength(text, start));
            yield return (start, begin, true);
            start = begin;
        }

        if (end > begin)
        {
            yield return (begin, end, false);
        }
    }

    /// <summary>Whether a word is one such character.</summary>
    public static bool IsCharacter(string word) => word.Length > 0 && IsOne(word, 0) && StringInfo.GetNextTextElementLength(word) == word.Length;

    private static bool IsOne(string text, int place) => Rune.TryGetRuneAt(text, place, out Rune rune) && (WordPieceCharacters.IsChinese(rune.Value)
        || rune.Value is (>= 0x0E00 and <= 0x0EFF) or (>= 0x1000 and <= 0x109F) or (>= 0x1780 and <= 0x17D3) or (>= 0x3040 and <= 0x309F) or (>= 0x30A0 and <= 0x30FA) or (>= 0x30FC and <= 0x30FF)
            or (>= 0x31F0 and <= 0x31FF) or (>= 0xFF66 and <= 0xFF9F));
}
