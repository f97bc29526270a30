using TransformerXL.Labels;

namespace TransformerXL.Training.Metrics;

/// <summary>How often examples of each class were predicted as each class, and the measures that follow. They equal those of scikit-learn with <c>zero_division=0</c>.</summary>
public sealed class ConfusionMatrix
{
    private readonly Dictionary<(int Gold, int Predicted), long> _counts = [];
    private readonly long[] _support, _predicted;

    /// <summary>Creates an empty matrix.</summary>
    /// <param name="labels">The classes.</param>
    public ConfusionMatrix(LabelSet labels)
    {
        ArgumentNullException.ThrowIfNull(labels);
        Labels = labels;
        (_support, _predicted) = (new long[labels.Count], new long[labels.Count]);
    }

    /// <summary>The classes.</summary>
    public LabelSet Labels { get; }

    /// <summary>Examples of a class that were predicted as another or the same.</summary>
    public long this[int gold, int predicted] => _counts.GetValueOrDefault((gold, predicted));

    /// <summary>The confusions, the most frequent first: pairs of classes with their counts, without right predictions.</summary>
    public IEnumerable<(int Gold, int Predicted, long Count)> Confusions() => _counts
        .Where(cell => cell.Key.Gold != cell.Key.Predicted)
        .Select(cell => (cell.Key.Gold, cell.Key.Predicted, Count: cell.Value))
        .OrderByDescending(cell => cell.Count).ThenBy(cell => cell.Gold).ThenBy(cell => cell.Predicted);

    /// <summary>Number of examples.</summary>
    public long Total { get; private set; }

    /// <summary>Examples that were predicted right.</summary>
    public long Correct { get; private set; }

    /// <summary>Share of the examples that were predicted right; 0 without examples.</summary>
    public double Accuracy => Total == 0 ? 0 : (double)Correct / Total;

    /// <summary>The F1 of all classes counted together. Every example has one label and one prediction, so it equals <see cref="Accuracy"/>.</summary>
    public double MicroF1 => Accuracy;

    /// <summary>The mean F1 of the classes that occur among examples or predictions.</summary>
    public double MacroF1 => Occurring().Select(scores => scores.F1).DefaultIfEmpty(0).Average();

    /// <summary>The mean F1 of the classes, each weighted by its examples.</summary>
    public double WeightedF1 => Total == 0 ? 0 : Occurring().Sum(scores => scores.F1 * scores.Support) / Total;

    /// <summary>
    /// The correlation coefficient of Matthews, for more than two classes that of Gorodkin (2004): 1 for all right, 0 for chance. 0 where
    /// examples or predictions are of one class only.
    /// </summary>
    public double Matthews
    {
        get
        {
            (double same, double golds, double predictions) = ((double)Correct * Total, (double)Total * Total, (double)Total * Total);
            for (int i = 0; i < Labels.Count; i++)
            {
                ClassScores scores = Of(i);
                same -= (double)scores.Support * scores.Predicted;
                golds -= (double)scores.Support * scores.Support;
                predictions -= (double)scores.Predicted * scores.Predicted;
            }

            return golds == 0 || predictions == 0 ? 0 : same / Math.Sqrt(golds * predictions);
        }
    }

    /// <summary>Counts an example.</summary>
    /// <param name="gold">The id of its class.</param>
    /// <param name="predicted">The id of the predicted class.</param>
    public void Add(int gold, int predicted)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(gold);
        ArgumentOutOfRangeException.ThrowIfNegative(predicted);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(gold, Labels.Count);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(predicted, Labels.Count);
        _counts[(gold, predicted)] = this[gold, predicted] + 1;
        _support[gold]++;
        _predicted[predicted]++;
        Total++;
        Correct += gold == predicted ? 1 : 0;
    }

    /// <summary>How well a class is found.</summary>
    public ClassScores Of(int label) => new(this[label, label], _support[label], _predicted[label]);

    private IEnumerable<ClassScores> Occurring() => Enumerable.Range(0, Labels.Count).Select(Of).Where(scores => scores.Support + scores.Predicted > 0);
}
