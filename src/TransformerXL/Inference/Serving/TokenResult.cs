namespace TransformerXL.Inference.Serving;

/// <summary>A token of a prompt or of a continuation.</summary>
/// <param name="Id">The token.</param>
/// <param name="Bytes">Its exact bytes, which may be a part of a character; none for a token that has no text, such as the end of text.</param>
/// <param name="LogProbability">The natural logarithm of its probability; null if <see cref="GenerationRequest.TopLogProbabilities"/> is null.</param>
/// <param name="Top">The most probable tokens at its place, the most probable first.</param>
public readonly record struct TokenResult(int Id, ReadOnlyMemory<byte> Bytes, double? LogProbability, IReadOnlyList<TokenProbability> Top)
{
    /// <summary>Its bytes as text; U+FFFD where they form no character.</summary>
    public string Text => System.Text.Encoding.UTF8.GetString(Bytes.Span);
}
