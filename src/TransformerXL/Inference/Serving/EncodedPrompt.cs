namespace TransformerXL.Inference.Serving;

/// <summary>The tokens of a prompt.</summary>
/// <param name="Tokens">The ids.</param>
/// <param name="Unknown">How many stand for something the vocabulary lacks.</param>
internal readonly record struct EncodedPrompt(int[] Tokens, long Unknown);
