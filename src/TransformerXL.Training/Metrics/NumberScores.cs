using System.Runtime.InteropServices;

namespace TransformerXL.Training.Metrics;

/// <summary>Measures of predicted numbers. Memory holds all of them, because ranks need all.</summary>
public sealed class NumberScores
{
    private readonly List<double> _gold = [], _predicted = [];
    private double _squares, _absolute;

    /// <summary>Number of examples.</summary>
    public long Count => _gold.Count;

    /// <summary>The mean squared difference; 0 without examples.</summary>
    public double MeanSquaredError => Count == 0 ? 0 : _squares / Count;

    /// <summary>The mean absolute difference; 0 without examples.</summary>
    public double MeanAbsoluteError => Count == 0 ? 0 : _absolute / Count;

    /// <summary>The correlation of Pearson; null where it is not defined.</summary>
    public double? Pearson => Correlation.Pearson(CollectionsMarshal.AsSpan(_gold), CollectionsMarshal.AsSpan(_predicted));

    /// <summary>The rank correlation of Spearman; null where it is not defined.</summary>
    public double? Spearman => Correlation.Spearman(CollectionsMarshal.AsSpan(_gold), CollectionsMarshal.AsSpan(_predicted));

    /// <summary>Counts an example.</summary>
    public void Add(double gold, double predicted)
    {
        _gold.Add(gold);
        _predicted.Add(predicted);
        double difference = predicted - gold;
        _squares += difference * difference;
        _absolute += Math.Abs(difference);
    }
}
