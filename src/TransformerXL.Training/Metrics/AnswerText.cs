using System.Globalization;
using System.Text;

namespace TransformerXL.Training.Metrics;

/// <summary>Compares answers as the official scripts of SQuAD do (Rajpurkar et al. 2016, 2018): without case, punctuation, articles and extra white space.</summary>
public static class AnswerText
{
    private const string Punctuation = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";

    /// <summary>The text in lower case, without ASCII punctuation, without the words a, an and the, its words separated by one space.</summary>
    public static string Normalize(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        StringBuilder plain = new(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (!rune.IsAscii || !Punctuation.Contains((char)rune.Value, StringComparison.Ordinal))
            {
                plain.Append(Rune.ToLowerInvariant(rune).ToString());
            }
        }

        return string.Join(' ', Words(WithoutArticles(plain.ToString())));
    }

    /// <summary>Whether two answers are equal after normalization.</summary>
    public static bool IsExact(string prediction, string gold) => Normalize(prediction) == Normalize(gold);

    /// <summary>
    /// The F1 of the words that two answers share, from 0 to 1. Where one has no words it is 1 if both have none (the rule of SQuAD 2.0; the
    /// script of 1.1 gives 0, which matters for no answer that it accepts).
    /// </summary>
    public static double F1(string prediction, string gold)
    {
        string[] predicted = Words(Normalize(prediction)), expected = Words(Normalize(gold));
        if (predicted.Length == 0 || expected.Length == 0)
        {
            return predicted.Length == expected.Length ? 1 : 0;
        }

        Dictionary<string, int> left = expected.GroupBy(word => word, StringComparer.Ordinal).ToDictionary(group => group.Key, group => group.Count(), StringComparer.Ordinal);
        int common = 0;
        foreach (string word in predicted)
        {
            if (left.GetValueOrDefault(word) > 0)
            {
                left[word]--;
                common++;
            }
        }

        return new ClassScores(common, expected.Length, predicted.Length).F1;
    }

    /// <summary>Articles stand between characters that are none of words; only letters, numbers and the underscore are, as in the expression <c>\b(a|an|the)\b</c> of Python.</summary>
    private static string WithoutArticles(string text)
    {
        StringBuilder result = new(text.Length), word = new();
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (IsOfWord(rune))
            {
                word.Append(rune.ToString());
                continue;
            }

            AppendWord(result, word);
            result.Append(rune.ToString());
        }

        AppendWord(result, word);
        return result.ToString();
    }

    private static void AppendWord(StringBuilder result, StringBuilder word)
    {
        string text = word.ToString();
        result.Append(text is "a" or "an" or "the" ? " " : text);
        word.Clear();
    }

    private static bool IsOfWord(Rune rune) => rune.Value == '_' || Rune.IsLetter(rune)
        || Rune.GetUnicodeCategory(rune) is UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber;

    /// <summary>Python's white space has the four separators of ASCII as well.</summary>
    private static string[] Words(string text)
    {
        StringBuilder spaced = new(text.Length);
        foreach (char c in text)
        {
            spaced.Append(char.IsWhiteSpace(c) || c is >= '\u001C' and <= '\u001F' ? ' ' : c);
        }

        return spaced.ToString().Split(' ', StringSplitOptions.RemoveEmptyEntries);
    }
}
