namespace TransformerXL.Inference;

/// <summary>A vector that is near to a query.</summary>
/// <param name="Index">What it was called.</param>
/// <param name="Cosine">The cosine of its angle to the query, from -1 to 1.</param>
public readonly record struct VectorMatch(long Index, double Cosine);
