namespace TransformerXL.Analysis.Reports;

/// <summary>A level that curves are compared with: a horizontal line across a <see cref="LineChart"/>.</summary>
/// <param name="Y">Its value.</param>
/// <param name="Label">What it is; the value is added.</param>
public sealed record ChartReference(double Y, string Label);
