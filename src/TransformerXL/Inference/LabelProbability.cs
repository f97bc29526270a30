namespace TransformerXL.Inference;

/// <summary>A label with its probability.</summary>
/// <param name="Label">The label.</param>
/// <param name="Probability">From 0 to 1.</param>
public readonly record struct LabelProbability(string Label, double Probability);
