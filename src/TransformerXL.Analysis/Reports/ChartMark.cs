namespace TransformerXL.Analysis.Reports;

/// <summary>A place of a <see cref="LineChart"/> that is pointed out.</summary>
/// <param name="X">Along the horizontal axis.</param>
/// <param name="Y">Along the vertical axis.</param>
/// <param name="Label">What is said about it, in few words.</param>
public sealed record ChartMark(double X, double Y, string Label);
