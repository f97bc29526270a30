namespace TransformerXL.Analysis.Reports;

/// <summary>The range of an axis that a chart shows: positions of values, from 0 at the minimum to 1 at the maximum, and ticks.</summary>
internal sealed class AxisRange
{
    /// <summary>A range is at least this part of its values; otherwise its ticks would have equal labels.</summary>
    private const double MinSpan = 1e-6;

    /// <summary>Differences below this would need steps that a double cannot hold.</summary>
    private const double Smallest = 1e-150;

    private readonly bool _logarithmic;
    private readonly double _least, _greatest;

    private AxisRange(ChartAxis axis, double least, double greatest, double[] ticks)
    {
        (_logarithmic, _least, _greatest) = (axis.Scale == AxisScale.Logarithmic, least, greatest);
        string[] labels = _logarithmic && ticks.Length > 0 && ticks[^1] / ticks[0] >= 100 ? [.. ticks.Select(AxisLabels.Value)] : AxisLabels.For(ticks);
        Ticks = [.. ticks.Zip(labels).Select(pair => (Place(pair.First), pair.Second))];
    }

    /// <summary>Positions and labels of the ticks.</summary>
    public IReadOnlyList<(double Place, string Label)> Ticks { get; }

    /// <summary>The range of some values.</summary>
    /// <param name="axis">The axis.</param>
    /// <param name="values">The values; those that the axis cannot show are ignored.</param>
    /// <param name="mostTicks">Maximum number of ticks.</param>
    /// <param name="widen">Whether to extend the range to the next tick at both ends.</param>
    /// <param name="withZero">Whether the range must include zero.</param>
    public static AxisRange Of(ChartAxis axis, IEnumerable<double> values, int mostTicks, bool widen, bool withZero = false)
    {
        (double least, double greatest) = Extent(values.Where(axis.CanShow), withZero);
        if (axis.Scale == AxisScale.Logarithmic)
        {
            (least, greatest) = greatest / least < 1 + MinSpan ? (least / 2, greatest * 2) : widen ? (least / 1.1, greatest * 1.1) : (least, greatest);
            return new AxisRange(axis, least, greatest, AxisTicks.Logarithmic(least, greatest, mostTicks));
        }

        double span = Smallest + (MinSpan * Math.Max(Math.Abs(least), Math.Abs(greatest)));
        if (greatest - least <= span)
        {
            double half = Math.Abs(least) <= Smallest ? 1 : Math.Abs(least) / 10;
            (least, greatest) = (least - half, greatest + half);
        }

        if (widen)
        {
            // Widening may add a tick at each end; the step stays.
            (least, greatest) = AxisTicks.Widen(least, greatest, mostTicks);
            mostTicks += 2;
        }

        return new AxisRange(axis, least, greatest, AxisTicks.Linear(least, greatest, mostTicks));
    }

    /// <summary>The position of a value, from 0 to 1.</summary>
    public double Place(double value) => _logarithmic
        ? Math.Log(value / _least) / Math.Log(_greatest / _least)
        : (value - _least) / (_greatest - _least);

    private static (double Minimum, double Greatest) Extent(IEnumerable<double> values, bool withZero)
    {
        (double least, double greatest) = withZero ? (0, 0) : (double.PositiveInfinity, double.NegativeInfinity);
        foreach (double value in values)
        {
            (least, greatest) = (Math.Min(least, value), Math.Max(greatest, value));
        }

        return least > greatest ? (1, 1) : (least, greatest);
    }
}
