namespace TransformerXL.Training.Examples;

/// <summary>Lengths of inputs.</summary>
/// <param name="Minimum">The shortest.</param>
/// <param name="Median">Half are at most so long.</param>
/// <param name="Mean">The mean.</param>
/// <param name="Percentile95">95 of 100 are at most so long.</param>
/// <param name="Maximum">The longest.</param>
/// <param name="Unit">What is counted: characters or words.</param>
public readonly record struct LengthSummary(long Minimum, long Median, double Mean, long Percentile95, long Maximum, string Unit);
