using TransformerXL.Labels;
using TransformerXL.Training.Examples;

namespace TransformerXL.Training.Baselines;

/// <summary>
/// Multinomial naive Bayes over the words of a text (McCallum and Nigam 1998): words in lower case, separated by white space, each counted
/// 0.1 times more than it came. A strong baseline if single words distinguish the classes; the order of words does not matter to it.
/// </summary>
public sealed class NaiveBayes
{
    private const double Smoothing = 0.1;
    private readonly Dictionary<string, int> _words = new(StringComparer.Ordinal);
    private readonly List<List<(int Label, int Count)>> _counts = [];
    private readonly List<long> _wordTotals = [];
    private readonly long[] _examples, _labelWords;
    private long _total, _allWords;

    private NaiveBayes(int labels) => (_examples, _labelWords) = (new long[labels], new long[labels]);

    /// <summary>Counts the words of training data.</summary>
    /// <param name="examples">The training data; examples without a label are left out.</param>
    /// <param name="labels">The labels.</param>
    /// <exception cref="InputException">An example has another label.</exception>
    public static NaiveBayes Train(IEnumerable<TextExample> examples, LabelSet labels)
    {
        ArgumentNullException.ThrowIfNull(examples);
        ArgumentNullException.ThrowIfNull(labels);
        NaiveBayes bayes = new(labels.Count);
        foreach (TextExample example in examples.Where(example => example.IsLabelled))
        {
            bayes.Add(example, [.. example.Labels.Select(labels.IdOf)]);
        }

        return bayes;
    }

    /// <summary>The id of the most probable label; of several the first in the order of ids.</summary>
    public int Predict(TextExample example)
    {
        double[] scores = new double[_examples.Length];
        (List<int> words, int known) = KnownWords(example);
        for (int label = 0; label < scores.Length; label++)
        {
            scores[label] = _examples[label] == 0 ? double.NegativeInfinity : Math.Log(_examples[label]) + (known * Math.Log(Smoothing / Mass(_labelWords[label])));
        }

        foreach ((int label, int count) in words.SelectMany(word => _counts[word]))
        {
            scores[label] += Math.Log((count + Smoothing) / Smoothing);
        }

        return Array.IndexOf(scores, scores.Max());
    }

    /// <summary>The ids of the labels that are more probable than not, each for itself, for data with several labels.</summary>
    public int[] PredictSet(TextExample example)
    {
        (List<int> words, int known) = KnownWords(example);
        double[] scores = new double[_examples.Length];
        for (int label = 0; label < scores.Length; label++)
        {
            scores[label] = Math.Log(_examples[label]) - Math.Log(_total - _examples[label])
                + (known * (Math.Log(Smoothing / Mass(_labelWords[label])) - Math.Log(1 / Mass(_allWords - _labelWords[label]))));
            scores[label] -= words.Sum(word => Math.Log(_wordTotals[word] + Smoothing));
        }

        foreach (int word in words)
        {
            foreach ((int label, int count) in _counts[word])
            {
                scores[label] += Math.Log((count + Smoothing) / Smoothing) + Math.Log(_wordTotals[word] + Smoothing) - Math.Log(_wordTotals[word] - count + Smoothing);
            }
        }

        return [.. Enumerable.Range(0, scores.Length).Where(label => scores[label] > 0)];
    }

    private double Mass(long words) => words + (Smoothing * _words.Count);

    private (List<int> Words, int Count) KnownWords(TextExample example)
    {
        ArgumentNullException.ThrowIfNull(example);
        List<int> words = [];
        foreach (string word in Words(example))
        {
            if (_words.TryGetValue(word, out int id))
            {
                words.Add(id);
            }
        }

        return (words, words.Count);
    }

    private void Add(TextExample example, int[] labels)
    {
        _total++;
        foreach (int label in labels)
        {
            _examples[label]++;
        }

        foreach (string word in Words(example))
        {
            if (!_words.TryGetValue(word, out int id))
            {
                _words.Add(word, id = _counts.Count);
                _counts.Add([]);
                _wordTotals.Add(0);
            }

            _wordTotals[id]++;
            _allWords++;
            foreach (int label in labels)
            {
                _labelWords[label]++;
                Increase(_counts[id], label);
            }
        }
    }

    private static void Increase(List<(int Label, int Count)> counts, int label)
    {
        int at = counts.FindIndex(entry => entry.Label == label);
        if (at < 0)
        {
            counts.Add((label, 1));
        }
        else
        {
            counts[at] = (label, counts[at].Count + 1);
        }
    }

    /// <summary>The words; those of the second text of a pair are other ones than those of the first.</summary>
    private static IEnumerable<string> Words(TextExample example)
    {
        IEnumerable<string> words = example.Text.ToLowerInvariant().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        return example.SecondText is null ? words : words.Concat(example.SecondText.ToLowerInvariant().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Select(word => "\n" + word));
    }
}
