namespace TransformerXL.Analysis.Reports;

/// <summary>A highlighted point of a <see cref="LineChart"/>.</summary>
/// <param name="X">The value on the horizontal axis.</param>
/// <param name="Y">The value on the vertical axis.</param>
/// <param name="Label">A short label.</param>
internal sealed record ChartMark(double X, double Y, string Label);
