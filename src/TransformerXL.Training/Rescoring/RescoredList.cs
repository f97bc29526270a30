using TransformerXL.Training.Metrics;

namespace TransformerXL.Training.Rescoring;

/// <summary>A list of hypotheses with the scores of a language model. The score of a hypothesis is <c>score + weight * model score</c>.</summary>
/// <param name="List">The hypotheses.</param>
/// <param name="ModelScores">For each the logarithm of its probability by the language model, in nats.</param>
public sealed record RescoredList(HypothesisList List, IReadOnlyList<double> ModelScores)
{
    /// <summary>The score of a hypothesis.</summary>
    public double Total(int hypothesis, double weight) => List.Hypotheses[hypothesis].Score + (weight * ModelScores[hypothesis]);

    /// <summary>The index of the best hypothesis; of several the first of the list.</summary>
    public int Best(double weight) => Enumerable.Range(0, List.Hypotheses.Count).MaxBy(i => Total(i, weight));

    /// <summary>The hypotheses, the best first.</summary>
    public IReadOnlyList<int> Order(double weight) => [.. Enumerable.Range(0, List.Hypotheses.Count).OrderByDescending(i => Total(i, weight))];

    /// <summary>Errors of words of each hypothesis against the reference.</summary>
    internal int[] Errors() => [.. List.Hypotheses.Select(hypothesis => WordErrors.Distance(List.Reference!, hypothesis.Text))];
}
