namespace TransformerXL.Inference;

/// <summary>The most probable tokens for a mask of a text.</summary>
/// <param name="Mask">Which mask of the text it is, from 0.</param>
/// <param name="Tokens">The tokens, the most probable first.</param>
public sealed record FilledMask(int Mask, IReadOnlyList<TokenProbability> Tokens);
