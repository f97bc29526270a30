namespace TransformerXL.Text.BytePairs.AddedTokens;

/// <summary>The added tokens in matching order.</summary>
/// <param name="Exact">Tokens that are matched in the original text.</param>
/// <param name="Normalized">Tokens that are matched in the normalized rest.</param>
internal sealed record AddedTokenTries(AddedTokenTrie Exact, AddedTokenTrie Normalized)
{
    public static AddedTokenTries Of(IReadOnlyCollection<AddedToken> tokens) => new(
        new AddedTokenTrie(tokens.Where(token => !token.IsNormalized)), new AddedTokenTrie(tokens.Where(token => token.IsNormalized)));
}
