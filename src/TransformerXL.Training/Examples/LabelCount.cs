namespace TransformerXL.Training.Examples;

/// <summary>How often a label occurs.</summary>
/// <param name="Label">The label.</param>
/// <param name="Count">How often.</param>
public readonly record struct LabelCount(string Label, long Count);
