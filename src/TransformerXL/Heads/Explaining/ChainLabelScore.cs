namespace TransformerXL.Heads.Explaining;

/// <summary>
/// The log-odds ln(p / (1 - p)) of the label of a word under a conditional random field, p its marginal probability. With y the labels of all words as numbers 0 and 1,
/// the derivative by the logits is E[y | the word has the label] - E[y | it has another one].
/// </summary>
/// <param name="chain">The marginal probabilities.</param>
/// <param name="word">The word.</param>
/// <param name="label">The label.</param>
internal sealed class ChainLabelScore(ChainMarginals chain, int word, int label) : TaskScore
{
    // A sum of probabilities in float32 that is no longer told from zero.
    private const double Least = 1e-38;

    private readonly int[] _places = [chain.PlaceOf(word)];

    public override ReadOnlySpan<int> Places => _places;

    public override double Measure(ReadOnlySpan<float> logits, Func<int, int> rowOf, Span<float> derivatives)
    {
        int labels = chain.Labels;
        (int[] rows, int place) = chain.RowsOf(rowOf, word);
        float[] words = new float[rows.Length * labels];
        for (int i = 0; i < rows.Length; i++)
        {
            logits.Slice(rows[i] * labels, labels).CopyTo(words.AsSpan(i * labels));
        }

        ReadOnlySpan<float> marginals = chain.Of(words).Slice(place * labels, labels);
        double own = marginals[label], others = 0;
        for (int i = 0; i < labels; i++)
        {
            others += i == label ? 0 : marginals[i];
        }

        if (!derivatives.IsEmpty && own > 0 && others > 0)
        {
            Differentiate(words, place, rows, derivatives);
        }

        return Math.Log(Math.Max(own, Least)) - Math.Log(Math.Max(others, Least));
    }

    private void Differentiate(float[] words, int place, int[] rows, Span<float> derivatives)
    {
        int labels = chain.Labels;
        float[] with = [.. words], without = [.. words];
        with.AsSpan(place * labels, labels).Fill(float.NegativeInfinity);
        with[(place * labels) + label] = words[(place * labels) + label];
        without[(place * labels) + label] = float.NegativeInfinity;
        (float[] expected, float[] otherwise) = (chain.Compute(with), chain.Compute(without));
        for (int i = 0; i < rows.Length; i++)
        {
            for (int j = 0; j < labels; j++)
            {
                derivatives[(rows[i] * labels) + j] = expected[(i * labels) + j] - otherwise[(i * labels) + j];
            }
        }
    }
}
