namespace TransformerXL.Inference.Ordering;

/// <summary>The shares π_t of a <see cref="LabelFilter"/>: those that it begins with, and what the model has predicted since.</summary>
internal sealed class RunningShares
{
    /// <summary>The number of texts that the first shares weigh as much as (a pseudo-count).</summary>
    private const double FirstTexts = 100;

    /// <summary>The least probability of a label of a text alone, so that no single text excludes a label.</summary>
    private const double Least = 1e-12;

    private readonly double[] _sums;

    public RunningShares(IReadOnlyList<double> first) => _sums = [.. first.Select(share => FirstTexts * share)];

    /// <summary>Counts a text.</summary>
    /// <param name="alone">Its prediction alone.</param>
    /// <param name="shares">Receives π_t(y).</param>
    /// <param name="logRatios">Receives ln(p(y | x_t) / π_t(y)).</param>
    public void Add(Classification alone, Span<double> shares, Span<double> logRatios)
    {
        double sum = 0;
        for (int label = 0; label < _sums.Length; label++)
        {
            _sums[label] += alone.Probabilities[label].Probability;
            sum += _sums[label];
        }

        for (int label = 0; label < _sums.Length; label++)
        {
            shares[label] = _sums[label] / sum;
            logRatios[label] = Math.Log(Math.Max(alone.Probabilities[label].Probability, Least) / shares[label]);
        }
    }
}
