namespace TransformerXL.Inference;

/// <summary>A token that could come next.</summary>
/// <param name="Id">The token.</param>
/// <param name="Text">A short printable name of the token.</param>
/// <param name="LogProbability">The natural logarithm of its probability.</param>
public readonly record struct TokenProbability(int Id, string Text, double LogProbability);
