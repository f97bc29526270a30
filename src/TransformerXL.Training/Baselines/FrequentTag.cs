using TransformerXL.Labels;
using TransformerXL.Training.Examples;

namespace TransformerXL.Training.Baselines;

/// <summary>Predicts the tag that each word has most often in the training data, and for unknown words the most frequent of all tags.</summary>
public sealed class FrequentTag
{
    private readonly Dictionary<string, int> _tags;
    private readonly int _standard;

    private FrequentTag(Dictionary<string, int> tags, int standard) => (_tags, _standard) = (tags, standard);

    /// <summary>Counts the tags of training data.</summary>
    /// <param name="examples">The training data; sentences without tags are left out.</param>
    /// <param name="tags">The tags.</param>
    /// <exception cref="InputException">A word has another tag.</exception>
    public static FrequentTag Train(IEnumerable<SentenceExample> examples, LabelSet tags)
    {
        ArgumentNullException.ThrowIfNull(examples);
        ArgumentNullException.ThrowIfNull(tags);
        Dictionary<string, Dictionary<int, long>> counts = new(StringComparer.Ordinal);
        long[] all = new long[tags.Count];
        foreach (SentenceExample sentence in examples.Where(example => example.IsLabelled))
        {
            for (int i = 0; i < sentence.Words.Count; i++)
            {
                int tag = tags.IdOf(sentence.Tags[i]);
                if (!counts.TryGetValue(sentence.Words[i], out Dictionary<int, long>? ofWord))
                {
                    counts.Add(sentence.Words[i], ofWord = []);
                }

                ofWord[tag] = ofWord.GetValueOrDefault(tag) + 1;
                all[tag]++;
            }
        }

        Dictionary<string, int> best = new(counts.Count, StringComparer.Ordinal);
        foreach ((string word, Dictionary<int, long> ofWord) in counts)
        {
            best.Add(word, ofWord.OrderByDescending(entry => entry.Value).ThenBy(entry => entry.Key).First().Key);
        }

        return new FrequentTag(best, tags.Count == 0 ? 0 : Array.IndexOf(all, all.Max()));
    }

    /// <summary>The id of the tag of a word.</summary>
    public int Predict(string word) => _tags.GetValueOrDefault(word, _standard);

    /// <summary>Whether the training data has the word.</summary>
    public bool Knows(string word) => _tags.ContainsKey(word);

    /// <summary>The ids of the tags of a sentence.</summary>
    public int[] Predict(IReadOnlyList<string> words)
    {
        ArgumentNullException.ThrowIfNull(words);
        return [.. words.Select(Predict)];
    }
}
