using TransformerXL.Labels;

namespace TransformerXL.Training.Metrics;

/// <summary>Measures of a prediction of several labels for each example. They equal those of scikit-learn over indicator matrices with <c>zero_division=0</c>.</summary>
/// <param name="labels">The labels.</param>
public sealed class LabelSetScores(LabelSet labels)
{
    private readonly ClassScores[] _scores = new ClassScores[labels.Count];
    private long _exact;
    private double _sampleF1;

    /// <summary>The labels.</summary>
    public LabelSet Labels => labels;

    /// <summary>Number of examples.</summary>
    public long Total { get; private set; }

    /// <summary>Share of the examples whose labels were all predicted, and no other (subset accuracy).</summary>
    public double ExactMatch => Total == 0 ? 0 : (double)_exact / Total;

    /// <summary>The F1 of all labels counted together.</summary>
    public double MicroF1 => _scores.Aggregate(default(ClassScores), ClassScores.Add).F1;

    /// <summary>The mean F1 of all labels; a label that occurs nowhere counts as 0.</summary>
    public double MacroF1 => _scores.Select(scores => scores.F1).DefaultIfEmpty(0).Average();

    /// <summary>The mean F1 of the examples; one without labels and predictions counts as 0.</summary>
    public double SamplesF1 => Total == 0 ? 0 : _sampleF1 / Total;

    /// <summary>How well a label is found.</summary>
    public ClassScores Of(int label) => _scores[label];

    /// <summary>Counts an example.</summary>
    /// <param name="gold">The ids of its labels, each once.</param>
    /// <param name="predicted">The ids of the predicted labels, each once.</param>
    public void Add(ReadOnlySpan<int> gold, ReadOnlySpan<int> predicted)
    {
        long correct = 0;
        foreach (int label in gold)
        {
            bool found = predicted.Contains(label);
            correct += found ? 1 : 0;
            _scores[label] += new ClassScores(found ? 1 : 0, 1, 0);
        }

        foreach (int label in predicted)
        {
            _scores[label] += new ClassScores(0, 0, 1);
        }

        Total++;
        _exact += correct == gold.Length && correct == predicted.Length ? 1 : 0;
        _sampleF1 += new ClassScores(correct, gold.Length, predicted.Length).F1;
    }
}
