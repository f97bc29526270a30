namespace TransformerXL.Training.Tasks;

/// <summary>A named value that a validation measures.</summary>
/// <param name="Name">The name in <c>metrics.jsonl</c>: lower case, words joined by underscores.</param>
/// <param name="Value">The value.</param>
/// <param name="HigherIsBetter">Whether a higher value is better, as for an accuracy; otherwise a lower one is.</param>
/// <param name="Unit">The unit, such as <c>nats</c>; empty for a plain number.</param>
public sealed record Metric(string Name, double Value, bool HigherIsBetter = false, string Unit = "")
{
    /// <summary>Whether this value is better than another of the same metric.</summary>
    public bool IsBetterThan(double other) => HigherIsBetter ? Value > other : Value < other;
}
