namespace TransformerXL.Training.Metrics;

/// <summary>Correlations of two lists of numbers.</summary>
public static class Correlation
{
    /// <summary>The correlation of Pearson, from -1 to 1.</summary>
    /// <param name="x">The first list.</param>
    /// <param name="y">The second list, of the same length.</param>
    /// <returns>Null where it is not defined: fewer than two numbers, all numbers of a list equal, or one not finite.</returns>
    public static double? Pearson(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        if (x.Length != y.Length)
        {
            throw new ArgumentException($"the lists have {x.Length} and {y.Length} numbers", nameof(y));
        }

        if (x.Length < 2)
        {
            return null;
        }

        (double meanX, double meanY) = (Mean(x), Mean(y));
        (double xx, double yy, double xy) = (0, 0, 0);
        for (int i = 0; i < x.Length; i++)
        {
            (double dx, double dy) = (x[i] - meanX, y[i] - meanY);
            (xx, yy, xy) = (xx + (dx * dx), yy + (dy * dy), xy + (dx * dy));
        }

        bool constant = IsConstant(x) || IsConstant(y);
        double correlation = xy / (Math.Sqrt(xx) * Math.Sqrt(yy));
        return constant || !double.IsFinite(correlation) ? null : Math.Clamp(correlation, -1, 1);
    }

    /// <summary>The rank correlation of Spearman: Pearson's of the ranks, where equal numbers share their mean rank.</summary>
    /// <param name="x">The first list.</param>
    /// <param name="y">The second list, of the same length.</param>
    /// <returns>Null where it is not defined, as for <see cref="Pearson"/>.</returns>
    public static double? Spearman(ReadOnlySpan<double> x, ReadOnlySpan<double> y) => ContainsNaN(x) || ContainsNaN(y) ? null : Pearson(Ranks(x), Ranks(y));

    /// <summary>The ranks from 1; equal numbers share the mean of their ranks.</summary>
    internal static double[] Ranks(ReadOnlySpan<double> values)
    {
        double[] sorted = values.ToArray(), ranks = new double[values.Length];
        int[] order = [.. Enumerable.Range(0, values.Length)];
        Array.Sort(sorted, order);
        for (int first = 0; first < sorted.Length;)
        {
            int end = first + 1;
            while (end < sorted.Length && sorted[end] == sorted[first])
            {
                end++;
            }

            for (int i = first; i < end; i++)
            {
                ranks[order[i]] = (first + 1 + end) / 2.0;
            }

            first = end;
        }

        return ranks;
    }

    private static double Mean(ReadOnlySpan<double> values)
    {
        double sum = 0;
        foreach (double value in values)
        {
            sum += value;
        }

        return sum / values.Length;
    }

    private static bool IsConstant(ReadOnlySpan<double> values) => !values.ContainsAnyExcept(values[0]);

    private static bool ContainsNaN(ReadOnlySpan<double> values) => values.Contains(double.NaN);
}
