namespace TransformerXL.Training.Rescoring;

/// <summary>A text that a recognizer or translator proposes.</summary>
/// <param name="Text">The text.</param>
/// <param name="Score">Its score; higher is better, such as a logarithm of a probability.</param>
public readonly record struct Hypothesis(string Text, double Score);
