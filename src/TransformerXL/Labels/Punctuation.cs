using System.Globalization;
using TransformerXL.Heads;

namespace TransformerXL.Labels;

/// <summary>Divides a text into words as corpora with labels of words do: punctuation marks at the ends of a word are words of their own.</summary>
internal static class Punctuation
{
    /// <summary>Marks of the category Other that are not set apart: they belong to the word, as in 5 %, R&amp;D, or a path.</summary>
    private const string PartsOfWords = "%&#@*/\\'\u2030";

    /// <summary>Whether all characters are marks that are set apart.</summary>
    public static bool IsMark(ReadOnlySpan<char> word)
    {
        foreach (char character in word)
        {
            if (!IsMark(character))
            {
                return false;
            }
        }

        return word.Length > 0;
    }

    /// <summary>The words of a part of a text that holds no white space.</summary>
    /// <param name="text">The text.</param>
    /// <param name="start">The begin of the part.</param>
    /// <param name="end">Its end.</param>
    /// <param name="whole">Words that keep their marks, such as "Mr.".</param>
    /// <returns>Begin and end of each word, in order.</returns>
    public static List<(int Start, int End)> Words(string text, int start, int end, IReadOnlySet<string> whole)
    {
        List<(int Start, int End)> before = [], after = [];
        while (start < end && IsMark(text[start]) && !IsWhole(text.AsSpan(start, end - start), whole))
        {
            int run = start + 1;
            while (run < end && text[run] == text[start])
            {
                run++;
            }

            before.Add((start, run));
            start = run;
        }

        while (start < end && IsMark(text[end - 1]) && !IsWhole(text.AsSpan(start, end - start), whole))
        {
            int run = end - 1;
            while (run > start && text[run - 1] == text[end - 1])
            {
                run--;
            }

            after.Add((run, end));
            end = run;
        }

        after.Reverse();
        return start < end ? [.. before, (start, end), .. after] : [.. before, .. after];
    }

    /// <summary>
    /// A known word; or an initial or an abbreviation with a point inside, such as "J." and "e.g.". No longer word is looked up, so that the time for many marks in a row grows with their number alone.
    /// </summary>
    private static bool IsWhole(ReadOnlySpan<char> word, IReadOnlySet<string> whole) =>
        word.Length <= HeadConfiguration.LongestWholeWord && (whole.Contains(word.ToString()) || IsAbbreviation(word));

    private static bool IsAbbreviation(ReadOnlySpan<char> word) =>
        word.Length >= 2 && word[^1] == '.' && char.IsLetter(word[0]) && char.IsLetter(word[^2]) && (word.Length == 2 ? char.IsUpper(word[0]) : IsDotted(word));

    /// <summary>Whether single letters alternate with points.</summary>
    private static bool IsDotted(ReadOnlySpan<char> word)
    {
        for (int i = 0; i < word.Length; i++)
        {
            if (i % 2 == 0 ? !char.IsLetter(word[i]) : word[i] != '.')
            {
                return false;
            }
        }

        return word.Length % 2 == 0;
    }

    private static bool IsMark(char character) => char.GetUnicodeCategory(character) switch
    {
        UnicodeCategory.OpenPunctuation or UnicodeCategory.ClosePunctuation or UnicodeCategory.InitialQuotePunctuation or UnicodeCategory.FinalQuotePunctuation => character != '\u2019',
        UnicodeCategory.DashPunctuation => character >= '\u2012',
        UnicodeCategory.OtherPunctuation => !PartsOfWords.Contains(character, StringComparison.Ordinal),
        _ => false,
    };
}
