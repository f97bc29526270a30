namespace TransformerXL.Inference.Serving;

/// <summary>What a request has read and written, in tokens.</summary>
/// <param name="PromptTokens">Tokens of the prompt; the start token does not count.</param>
/// <param name="ReusedTokens">Those of them that were not read again, because an earlier request began with the same text.</param>
/// <param name="UnknownTokens">Those of them that stand for something the vocabulary lacks.</param>
/// <param name="GeneratedTokens">Tokens written by this continuation, the one that ended it included.</param>
public readonly record struct TokenUsage(long PromptTokens, long ReusedTokens, long UnknownTokens, long GeneratedTokens);
