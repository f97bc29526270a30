namespace TransformerXL.Analysis.Reports;

/// <summary>A reference level for the curves: a horizontal line across a <see cref="LineChart"/>.</summary>
/// <param name="Y">Its value.</param>
/// <param name="Label">The label; the value is appended.</param>
internal sealed record ChartReference(double Y, string Label);
