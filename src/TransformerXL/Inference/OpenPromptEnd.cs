namespace TransformerXL.Inference;

/// <summary>
/// A prompt whose last token is the beginning of longer ones. In training such a text was mostly one of those, so that the model may not go on as
/// expected; see <see cref="GenerationOptions.HealsPrompt"/>.
/// </summary>
/// <param name="Token">The last token, printable.</param>
/// <param name="LongerTokens">How many tokens begin with it.</param>
/// <param name="Example">The first of them, printable.</param>
public sealed record OpenPromptEnd(string Token, int LongerTokens, string Example);
