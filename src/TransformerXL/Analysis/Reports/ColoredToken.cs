namespace TransformerXL.Analysis.Reports;

/// <summary>A piece of a <see cref="ColoredText"/>.</summary>
/// <param name="Text">What is written.</param>
/// <param name="Value">What its colour tells; not finite for none.</param>
public sealed record ColoredToken(string Text, double Value);
