using TransformerXL.Labels;

namespace TransformerXL.Training.Examples;

/// <summary>Finds out whether punctuation marks are words of their own in sentences, and which words keep theirs.</summary>
internal sealed class PunctuationSurvey
{
    /// <summary>The most words that are listed, and that are counted.</summary>
    private const int MaxListed = 500, MaxCounted = 1 << 16;

    private readonly Dictionary<string, int> _whole = new(StringComparer.Ordinal);
    private long _apart;
    private long _attached;
    private bool _hasTexts;

    /// <summary>Counts the words of a sentence.</summary>
    public void Add(SentenceExample sentence)
    {
        _hasTexts |= sentence.Text is not null;
        foreach (string word in sentence.Words)
        {
            if (Punctuation.IsMark(word) || UnspacedScripts.IsCharacter(word))
            {
                _apart++;
            }
            else if (Punctuation.Words(word, 0, word.Length, Nothing).Count > 1)
            {
                // A point may be that of an abbreviation, so that it says nothing about other marks.
                _attached += word[^1] == '.' ? 0 : 1;
                if (word.Length <= Heads.HeadConfiguration.LongestWholeWord && (_whole.Count < MaxCounted || _whole.ContainsKey(word)))
                {
                    _whole[word] = _whole.GetValueOrDefault(word) + 1;
                }
            }
        }
    }

    /// <summary>
    /// The most frequent words that keep their marks, in ordinal order; null if marks are not words of their own. Texts with spans of characters are divided
    /// without such a list, and so must those be that the model labels.
    /// </summary>
    public IReadOnlyList<string>? WholeWords() => _hasTexts ? [] : _apart > 10 * _attached
        ? [.. _whole.OrderByDescending(word => word.Value).ThenBy(word => word.Key, StringComparer.Ordinal).Take(MaxListed).Select(word => word.Key).Order(StringComparer.Ordinal)]
        : null;

    private static IReadOnlySet<string> Nothing { get; } = new HashSet<string>();
}
