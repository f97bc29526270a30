namespace TransformerXL.Analysis.Reports;

/// <summary>An axis of a chart.</summary>
/// <param name="Label">What is measured, with its unit: "training loss (nats per token)".</param>
/// <param name="Scale">How values lie along it.</param>
public sealed record ChartAxis(string Label, AxisScale Scale = AxisScale.Linear)
{
    /// <summary>Values beyond this are as good as infinite: their differences could not be drawn.</summary>
    private const double Largest = 1e150;

    /// <summary>Whether a value has a place on the axis.</summary>
    internal bool CanShow(double value) =>
        double.IsFinite(value) && Math.Abs(value) <= Largest && (Scale == AxisScale.Linear || value >= 1 / Largest);
}
