using TransformerXL.Labels;
using TransformerXL.Training.Examples;

namespace TransformerXL.Training.Baselines;

/// <summary>Predicts the most frequent label of the training data, whatever the text. A model must be better.</summary>
public sealed class MajorityClass
{
    private readonly int[] _set;

    private MajorityClass(int label, int[] set) => (Label, _set) = (label, set);

    /// <summary>The id of the most frequent label; of several the first in the order of ids.</summary>
    public int Label { get; }

    /// <summary>For several labels: those that at least half of the examples have.</summary>
    public IReadOnlyList<int> Set => _set;

    /// <summary>Counts the labels of training data.</summary>
    /// <param name="examples">The training data.</param>
    /// <param name="labels">The labels.</param>
    /// <exception cref="InputException">An example has another label.</exception>
    public static MajorityClass Train(IEnumerable<TextExample> examples, LabelSet labels)
    {
        ArgumentNullException.ThrowIfNull(examples);
        ArgumentNullException.ThrowIfNull(labels);
        long[] counts = new long[labels.Count];
        long total = 0;
        foreach (TextExample example in examples.Where(example => example.IsLabelled))
        {
            total++;
            foreach (string label in example.Labels)
            {
                counts[labels.IdOf(label)]++;
            }
        }

        return new MajorityClass(
            labels.Count == 0 ? 0 : Array.IndexOf(counts, counts.Max()),
            [.. Enumerable.Range(0, labels.Count).Where(label => total > 0 && counts[label] * 2 >= total)]);
    }
}
