namespace TransformerXL.Analysis.Reports;

/// <summary>A piece of a <see cref="ColoredText"/>.</summary>
/// <param name="Text">The text.</param>
/// <param name="Value">The value that its colour shows, with another colour below zero; not finite for no colour.</param>
/// <param name="Detail">The text shown on hover; the value if null.</param>
/// <param name="IsMarked">Whether it is underlined.</param>
internal sealed record ColoredToken(string Text, double Value, string? Detail = null, bool IsMarked = false);
