namespace TransformerXL.Analysis.Reports;

/// <summary>A bar of a <see cref="BarChart"/>.</summary>
/// <param name="Label">What it stands for.</param>
/// <param name="Value">Its length.</param>
/// <param name="IsHighlighted">Whether it is the one that the chart is about.</param>
public sealed record Bar(string Label, double Value, bool IsHighlighted = false);
