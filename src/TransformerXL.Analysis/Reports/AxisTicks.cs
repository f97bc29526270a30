namespace TransformerXL.Analysis.Reports;

/// <summary>Round values for the ticks of an axis (after Heckbert 1990, "Nice numbers for graph labels").</summary>
internal static class AxisTicks
{
    private static ReadOnlySpan<int> Mantissas => [1, 2, 5];

    /// <summary>Multiples of 1, 2 or 5 times a power of ten within a range, ascending, up to a maximum number.</summary>
    public static double[] Linear(double min, double max, int maxTicks)
    {
        (int mantissa, int exponent) = Step(min, max, maxTicks);
        (double first, double last) = (Math.Ceiling(Units(min, mantissa, exponent) - 1e-9), Math.Floor(Units(max, mantissa, exponent) + 1e-9));
        double[] ticks = new double[Math.Max(0, (int)(last - first) + 1)];
        for (int i = 0; i < ticks.Length; i++)
        {
            ticks[i] = Times((first + i) * mantissa, exponent);
        }

        return ticks;
    }

    /// <summary>The range widened to whole steps, so that the ticks enclose the data.</summary>
    public static (double Minimum, double Maximum) Widen(double min, double max, int maxTicks)
    {
        (int mantissa, int exponent) = Step(min, max, maxTicks);
        return (Times(Math.Floor(Units(min, mantissa, exponent) + 1e-9) * mantissa, exponent), Times(Math.Ceiling(Units(max, mantissa, exponent) - 1e-9) * mantissa, exponent));
    }

    /// <summary>Powers of ten within a range of positive values; with 2 and 5 between (and then up to two more) if there are few, and linear ticks if there is none.</summary>
    public static double[] Logarithmic(double min, double max, int maxTicks)
    {
        int first = (int)Math.Ceiling(Math.Log10(min) - 1e-9), last = (int)Math.Floor(Math.Log10(max) + 1e-9);
        int stride = Math.Max(1, (last - first + maxTicks) / maxTicks);
        double[] powers = [.. Enumerable.Range(first, Math.Max(0, last - first + 1)).Where(exponent => (exponent - first) % stride == 0).Select(exponent => Times(1, exponent))];
        if (powers.Length >= 3)
        {
            return powers;
        }

        List<double> finer = [];
        for (int exponent = first - 1; exponent <= last; exponent++)
        {
            foreach (int mantissa in Mantissas)
            {
                double tick = Times(mantissa, exponent);
                if (tick >= min * (1 - 1e-9) && tick <= max * (1 + 1e-9))
                {
                    finer.Add(tick);
                }
            }
        }

        return finer.Count < 2 ? Linear(min, max, maxTicks) : finer.Count <= maxTicks + 2 ? [.. finer] : powers;
    }

    /// <summary>The smallest step that gives at most a maximum number of multiples in the range.</summary>
    internal static (int Mantissa, int Exponent) Step(double min, double max, int maxTicks)
    {
        int exponent = (int)Math.Floor(Math.Log10((max - min) / maxTicks)) - 1;
        for (; ; exponent++)
        {
            foreach (int mantissa in Mantissas)
            {
                if (Math.Floor(Units(max, mantissa, exponent) + 1e-9) - Math.Ceiling(Units(min, mantissa, exponent) - 1e-9) + 1 <= maxTicks)
                {
                    return (mantissa, exponent);
                }
            }
        }
    }

    private static double Units(double value, int mantissa, int exponent) => Times(value, -exponent) / mantissa;

    /// <summary>value × 10^exponent; dividing by a whole power keeps 0.3 from becoming 0.30000000000000004.</summary>
    private static double Times(double value, int exponent) => exponent < 0 ? value / Math.Pow(10, -exponent) : value * Math.Pow(10, exponent);
}
