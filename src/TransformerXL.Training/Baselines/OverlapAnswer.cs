using TransformerXL.Training.Examples;

namespace TransformerXL.Training.Baselines;

/// <summary>
/// Answers with words of the sentence that shares most with the question. Of all runs of words of the usual length of an answer, without a word
/// of the question, it takes the one in the best sentence with the largest sum of <c>weight(w) / distance</c> over the words <c>w</c> of the question in the same sentence, at most 12 words away. The weight
/// of a word is smaller the more often the text has it.
/// </summary>
public sealed class OverlapAnswer
{
    private const int Reach = 12, LongestAnswer = 8;
    private readonly int _length;
    private readonly bool _none;

    private OverlapAnswer(int length, bool none) => (_length, _none) = (length, none);

    /// <summary>Takes the most frequent number of words of an answer from training data, and whether most questions have none.</summary>
    public static OverlapAnswer Train(IEnumerable<QuestionExample> examples)
    {
        ArgumentNullException.ThrowIfNull(examples);
        long[] lengths = new long[LongestAnswer + 1];
        foreach (QuestionExample example in examples.Where(example => example.IsLabelled))
        {
            lengths[example.IsUnanswerable ? 0 : Math.Clamp(Words(example.Answers[0].Text).Count, 1, LongestAnswer)]++;
        }

        long answered = lengths.Skip(1).Max();
        return new OverlapAnswer(Math.Max(1, Array.IndexOf(lengths, answered, 1)), lengths[0] > lengths.Skip(1).Sum());
    }

    /// <summary>The answer; empty if most questions of the training data have none, or the text has no fitting words.</summary>
    public string Answer(QuestionExample example)
    {
        ArgumentNullException.ThrowIfNull(example);
        if (_none)
        {
            return "";
        }

        List<ContextWord> words = Words(example.Context);
        HashSet<string> question = [.. Words(example.Question).Select(word => word.Word)];
        Dictionary<string, int> frequency = words.GroupBy(word => word.Word, StringComparer.Ordinal).ToDictionary(group => group.Key, group => group.Count(), StringComparer.Ordinal);
        Dictionary<int, double> overlap = words.Where(word => question.Contains(word.Word)).Distinct(ContextWord.OfSentence)
            .GroupBy(word => word.Sentence).ToDictionary(group => group.Key, group => group.Sum(word => 1.0 / frequency[word.Word]));
        ((double Sentence, double Near) best, int at) = (default, -1);
        for (int first = 0; first + _length <= words.Count; first++)
        {
            (double Sentence, double Near) score = (overlap.GetValueOrDefault(words[first].Sentence), Score(words, first, question, frequency));
            if (score.Near > 0 && score.CompareTo(best) > 0)
            {
                (best, at) = (score, first);
            }
        }

        return at < 0 ? "" : example.Context[words[at].Start..words[at + _length - 1].End];
    }

    private double Score(List<ContextWord> words, int first, HashSet<string> question, Dictionary<string, int> frequency)
    {
        for (int i = first; i < first + _length; i++)
        {
            if (question.Contains(words[i].Word) || words[i].Sentence != words[first].Sentence)
            {
                return 0;
            }
        }

        double score = 0;
        for (int i = Math.Max(0, first - Reach); i < Math.Min(words.Count, first + _length + Reach); i++)
        {
            if (question.Contains(words[i].Word) && words[i].Sentence == words[first].Sentence)
            {
                int distance = i < first ? first - i : i - first - _length + 1;
                score += 1.0 / (frequency[words[i].Word] * distance);
            }
        }

        return score;
    }

    /// <summary>The runs of letters and numbers, in lower case, with their places.</summary>
    private static List<ContextWord> Words(string text)
    {
        List<ContextWord> words = [];
        int sentence = 0;
        for (int i = 0; i < text.Length;)
        {
            int start = i;
            while (i < text.Length && char.IsLetterOrDigit(text[i]))
            {
                i++;
            }

            if (i > start)
            {
                words.Add(new ContextWord(text[start..i].ToLowerInvariant(), start, i, sentence));
            }

            sentence += i < text.Length && (text[i] is '.' or '!' or '?' or '\n') ? 1 : 0;
            i++;
        }

        return words;
    }

    private readonly record struct ContextWord(string Word, int Start, int End, int Sentence)
    {
        /// <summary>Equal words of a sentence count once.</summary>
        public static IEqualityComparer<ContextWord> OfSentence { get; } =
            EqualityComparer<ContextWord>.Create((a, b) => a.Sentence == b.Sentence && a.Word == b.Word, word => HashCode.Combine(word.Word, word.Sentence));
    }
}
