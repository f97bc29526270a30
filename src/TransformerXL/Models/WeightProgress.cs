namespace TransformerXL.Models;

/// <summary>How far the reading or writing of weights is.</summary>
/// <param name="Values">Values done.</param>
/// <param name="TotalValues">Values of all tensors.</param>
public readonly record struct WeightProgress(long Values, long TotalValues);
