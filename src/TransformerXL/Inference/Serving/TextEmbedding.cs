namespace TransformerXL.Inference.Serving;

/// <summary>The vector of a text.</summary>
/// <param name="Vector">d numbers.</param>
/// <param name="PromptTokens">Tokens of the text.</param>
public sealed record TextEmbedding(float[] Vector, long PromptTokens);
