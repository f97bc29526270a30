namespace TransformerXL.Training.Examples;

/// <summary>Inputs that occur in two splits.</summary>
/// <param name="First">Name of the first split.</param>
/// <param name="Second">Name of the second split.</param>
/// <param name="Count">Examples of the second split whose input is in the first as well.</param>
/// <param name="Example">One of them, in the second split.</param>
public readonly record struct SplitOverlap(string First, string Second, long Count, ExamplePlace Example);
