namespace TransformerXL.Analysis.Reports;

/// <summary>An axis of a chart.</summary>
/// <param name="Label">The measured quantity with its unit: "training loss (nats per token)".</param>
/// <param name="Scale">The scale.</param>
internal sealed record ChartAxis(string Label, AxisScale Scale = AxisScale.Linear)
{
    /// <summary>Larger values are treated as infinite: their differences could not be drawn.</summary>
    private const double Largest = 1e150;

    /// <summary>Whether the axis can show a value.</summary>
    internal bool CanShow(double value) =>
        double.IsFinite(value) && Math.Abs(value) <= Largest && (Scale == AxisScale.Linear || value >= 1 / Largest);
}
