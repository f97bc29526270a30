namespace TransformerXL.Analysis.Context;

/// <summary>Computes how much context models use, from their losses with context cut to different lengths.</summary>
public static class EffectiveContext
{
    /// <summary>The minimum relative gain in perplexity that counts, as in the paper.</summary>
    public const double Threshold = 0.01;

    /// <summary>
    /// The relative effective context length of each model of a group (Dai et al. 2019, appendix C):
    /// <code>
    /// b(c, t)    = min_i l_i(c, t)
    /// f_i(c, c') = mean over t in T of min(b(c, t), l_i(c', t)),    T = the fraction r of positions with the largest b(c, t)
    /// g_i(c, c') = (exp f_i(c, c) - exp f_i(c, c')) / exp f_i(c, c)
    /// </code>
    /// Starting at the shortest context, c moves to the next length c' as long as g_i(c, c') reaches the threshold. The gains of
    /// a model are measured against the best of the group, so that weak models, which have more to gain, do not appear to use more context.
    /// </summary>
    /// <param name="group">The models, measured with the same lengths at the same positions; the paper's lengths are equally far apart.</param>
    /// <param name="fraction">r: above 0, at most 1. The number of positions is rounded up.</param>
    /// <param name="threshold">The minimum gain that counts.</param>
    /// <returns>One for each model, in order.</returns>
    /// <exception cref="InputException">A number is out of range, or the tables have different lengths or positions.</exception>
    public static IReadOnlyList<ContextLength> Relative(IReadOnlyList<LossTable> group, double fraction, double threshold = Threshold)
    {
        ArgumentNullException.ThrowIfNull(group);
        Require.That(fraction is > 0 and <= 1, string.Create(System.Globalization.CultureInfo.InvariantCulture, $"the fraction r is {fraction}, but must be above 0 and at most 1"));
        CheckGroup(group);
        IReadOnlyList<int> lengths = group[0].Lengths;
        ContextGain[][] gains = [.. group.Select(_ => new ContextGain[lengths.Count - 1])];
        float[] baseline = new float[group[0].Positions];
        for (int step = 0; step < lengths.Count - 1; step++)
        {
            SetBaseline(group, step, baseline);
            int[] hardest = Hardest(baseline, fraction);
            double shortLoss = hardest.Average(t => (double)baseline[t]);
            for (int i = 0; i < group.Count; i++)
            {
                gains[i][step] = new ContextGain(lengths[step], lengths[step + 1], shortLoss, RelativeLoss(baseline, group[i].At(step + 1), hardest));
            }
        }

        return [.. gains.Select(own => ContextLength.Of(lengths, own, threshold))];
    }

    /// <summary>
    /// The effective context length of a single model, after Khandelwal et al. 2018 as Dai et al. 2019 put it: the longest
    /// length up to which more context gains more than a threshold, here of its own perplexity over all positions. It is not fair
    /// between models of different strength.
    /// </summary>
    /// <param name="losses">The losses of the model.</param>
    /// <param name="threshold">The minimum gain that counts.</param>
    public static ContextLength Plain(LossTable losses, double threshold = Threshold)
    {
        ArgumentNullException.ThrowIfNull(losses);
        IReadOnlyList<double> means = losses.MeanLosses();
        ContextGain[] gains = [.. Enumerable.Range(0, means.Count - 1).Select(step => new ContextGain(losses.Lengths[step], losses.Lengths[step + 1], means[step], means[step + 1]))];
        return ContextLength.Of(losses.Lengths, gains, threshold);
    }

    private static void CheckGroup(IReadOnlyList<LossTable> group)
    {
        Require.That(group.Count > 0, "a group of models is empty");
        foreach (LossTable table in group)
        {
            Require.That(
                table.Lengths.SequenceEqual(group[0].Lengths) && table.Positions == group[0].Positions,
                $"{table.Name} was measured at {table.Positions} positions with contexts of {string.Join(", ", table.Lengths)} tokens, but {group[0].Name} at {group[0].Positions} with {string.Join(", ", group[0].Lengths)}");
        }
    }

    private static void SetBaseline(IReadOnlyList<LossTable> group, int step, float[] baseline)
    {
        group[0].At(step).CopyTo(baseline);
        foreach (LossTable table in group.Skip(1))
        {
            ReadOnlySpan<float> losses = table.At(step);
            for (int t = 0; t < baseline.Length; t++)
            {
                baseline[t] = Math.Min(baseline[t], losses[t]);
            }
        }
    }

    /// <summary>T: the positions with the largest baseline; of equal ones the first.</summary>
    private static int[] Hardest(float[] baseline, double fraction) =>
        [.. Enumerable.Range(0, baseline.Length).OrderByDescending(t => baseline[t]).Take((int)Math.Ceiling(fraction * baseline.Length))];

    private static double RelativeLoss(float[] baseline, ReadOnlySpan<float> losses, int[] positions)
    {
        double sum = 0;
        foreach (int t in positions)
        {
            sum += Math.Min(baseline[t], losses[t]);
        }

        return sum / positions.Length;
    }
}
