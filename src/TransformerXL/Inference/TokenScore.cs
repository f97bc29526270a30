namespace TransformerXL.Inference;

/// <summary>How well one token of a text was predicted from the text before it.</summary>
/// <param name="Position">The place of the token in the text, from 0.</param>
/// <param name="Id">The token.</param>
/// <param name="Text">A short printable name of the token.</param>
/// <param name="Nll">-log of the probability of the token, in nats.</param>
public readonly record struct TokenScore(long Position, int Id, string Text, double Nll)
{
    /// <summary>-log2 of the probability of the token.</summary>
    public double Bits => Nll / Math.Log(2);

    /// <summary>The most probable tokens at this place, the most probable first; as many as <see cref="ScoringOptions.Top"/> says.</summary>
    public IReadOnlyList<TokenProbability> Top { get; init; } = [];
}
