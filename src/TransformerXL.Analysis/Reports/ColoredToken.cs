namespace TransformerXL.Analysis.Reports;

/// <summary>A piece of a <see cref="ColoredText"/>.</summary>
/// <param name="Text">What is written.</param>
/// <param name="Value">What its colour tells, another colour below zero; not finite for none.</param>
/// <param name="Detail">What is told when it is pointed at; the value if null.</param>
/// <param name="IsMarked">Whether it is underlined.</param>
public sealed record ColoredToken(string Text, double Value, string? Detail = null, bool IsMarked = false);
