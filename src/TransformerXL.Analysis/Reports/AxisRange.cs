namespace TransformerXL.Analysis.Reports;

/// <summary>The range of an axis that a chart shows: positions of values, from 0 at the minimum to 1 at the maximum, and ticks.</summary>
internal sealed class AxisRange
{
    /// <summary>A range is at least this part of its values; otherwise its ticks would have equal labels.</summary>
    private const double MinSpan = 1e-6;

    /// <summary>Differences below this would need steps that a double cannot hold.</summary>
    private const double Smallest = 1e-150;

    private readonly bool _logarithmic;
    private readonly double _min, _max;

    private AxisRange(ChartAxis axis, double min, double max, double[] ticks)
    {
        (_logarithmic, _min, _max) = (axis.Scale == AxisScale.Logarithmic, min, max);
        string[] labels = _logarithmic && ticks.Length > 0 && ticks[^1] / ticks[0] >= 100 ? [.. ticks.Select(AxisLabels.Value)] : AxisLabels.For(ticks);
        Ticks = [.. ticks.Zip(labels).Select(pair => (Place(pair.First), pair.Second))];
    }

    /// <summary>Positions and labels of the ticks.</summary>
    public IReadOnlyList<(double Place, string Label)> Ticks { get; }

    /// <summary>The range of some values.</summary>
    /// <param name="axis">The axis.</param>
    /// <param name="values">The values; those that the axis cannot show are ignored.</param>
    /// <param name="maxTicks">Maximum number of ticks.</param>
    /// <param name="widen">Whether to extend the range to the next tick at both ends.</param>
    /// <param name="withZero">Whether the range must include zero.</param>
    public static AxisRange Of(ChartAxis axis, IEnumerable<double> values, int maxTicks, bool widen, bool withZero = false)
    {
        (double min, double max) = Extent(values.Where(axis.CanShow), withZero);
        if (axis.Scale == AxisScale.Logarithmic)
        {
            (min, max) = max / min < 1 + MinSpan ? (min / 2, max * 2) : widen ? (min / 1.1, max * 1.1) : (min, max);
            return new AxisRange(axis, min, max, AxisTicks.Logarithmic(min, max, maxTicks));
        }

        double span = Smallest + (MinSpan * Math.Max(Math.Abs(min), Math.Abs(max)));
        if (max - min <= span)
        {
            double half = Math.Abs(min) <= Smallest ? 1 : Math.Abs(min) / 10;
            (min, max) = (min - half, max + half);
        }

        if (widen)
        {
            // Widening may add a tick at each end; the step stays.
            (min, max) = AxisTicks.Widen(min, max, maxTicks);
            maxTicks += 2;
        }

        return new AxisRange(axis, min, max, AxisTicks.Linear(min, max, maxTicks));
    }

    /// <summary>The position of a value, from 0 to 1.</summary>
    public double Place(double value) => _logarithmic
        ? Math.Log(value / _min) / Math.Log(_max / _min)
        : (value - _min) / (_max - _min);

    private static (double Minimum, double Maximum) Extent(IEnumerable<double> values, bool withZero)
    {
        (double min, double max) = withZero ? (0, 0) : (double.PositiveInfinity, double.NegativeInfinity);
        foreach (double value in values)
        {
            (min, max) = (Math.Min(min, value), Math.Max(max, value));
        }

        return min > max ? (1, 1) : (min, max);
    }
}
