namespace TransformerXL.Training.Examples;

/// <summary>The files of a data set.</summary>
/// <param name="Train">To learn from.</param>
/// <param name="Validation">To choose the best weights by; null if there is none.</param>
/// <param name="Test">To measure the result on; null if there is none.</param>
public sealed record ExampleSplits(string Train, string? Validation, string? Test);
