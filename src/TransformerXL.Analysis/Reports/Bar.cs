namespace TransformerXL.Analysis.Reports;

/// <summary>A bar of a <see cref="BarChart"/>.</summary>
/// <param name="Label">The name of the bar.</param>
/// <param name="Value">Its length.</param>
/// <param name="IsHighlighted">Whether it is drawn in the accent colour.</param>
internal sealed record Bar(string Label, double Value, bool IsHighlighted = false);
