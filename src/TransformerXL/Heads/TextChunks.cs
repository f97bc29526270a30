namespace TransformerXL.Heads;

/// <summary>Cuts a text into the parts that spans begin and end with: words, numbers and single marks, each with the white space before it.</summary>
internal static class TextChunks
{
    /// <summary>The parts in order, as UTF-16 positions; together they are the text, but for white space at its end.</summary>
    /// <param name="text">The text.</param>
    /// <param name="byWhiteSpace">Whether parts end at white space only, as words of a vocabulary do.</param>
    public static IEnumerable<(int Start, int End)> Of(string text, bool byWhiteSpace)
    {
        for (int start = 0; start < text.Length;)
        {
            int begin = start;
            while (begin < text.Length && char.IsWhiteSpace(text[begin]))
            {
                begin++;
            }

            if (begin == text.Length)
            {
                yield break;
            }

            int end = begin + 1;
            while (end < text.Length && Continues(text[begin], text[end], byWhiteSpace))
            {
                end++;
            }

            yield return (start, end);
            start = end;
        }
    }

    private static bool Continues(char first, char next, bool byWhiteSpace) => byWhiteSpace
        ? !char.IsWhiteSpace(next)
        : char.IsLowSurrogate(next) || char.IsSurrogate(first) && char.IsSurrogate(next) || Class(first) is var own and > 0 && Class(next) == own;

    /// <summary>1 for letters with their marks, 2 for digits, 0 for what stands alone.</summary>
    private static int Class(char value) => char.IsLetter(value) || char.GetUnicodeCategory(value) is System.Globalization.UnicodeCategory.NonSpacingMark ? 1 : char.IsDigit(value) ? 2 : 0;
}
