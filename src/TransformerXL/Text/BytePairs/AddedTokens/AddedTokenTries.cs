namespace TransformerXL.Text.BytePairs.AddedTokens;

/// <summary>The added tokens in the order in which they are looked for.</summary>
/// <param name="Exact">Those that are found in the text as it is.</param>
/// <param name="Normalized">Those that are found in what is left, when it is normalized.</param>
internal sealed record AddedTokenTries(AddedTokenTrie Exact, AddedTokenTrie Normalized)
{
    public static AddedTokenTries Of(IReadOnlyCollection<AddedToken> tokens) => new(
        new AddedTokenTrie(tokens.Where(token => !token.IsNormalized)), new AddedTokenTrie(tokens.Where(token => token.IsNormalized)));
}
