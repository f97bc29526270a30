using System.Text.Json;
using TransformerXL.Files;
using TransformerXL.Text.BytePairs.AddedTokens;
using TransformerXL.Text.BytePairs.Normalization;

namespace TransformerXL.Text.BytePairs;

/// <summary>The part of <c>tokenizer.json</c> about added tokens.</summary>
internal static class TokenizerJsonAddedTokens
{
    /// <summary>Reads the added tokens and adds their ids to the others.</summary>
    /// <param name="root">The tokenizer.</param>
    /// <param name="ids">The ids of the model's tokens.</param>
    /// <param name="normalizes">Whether text is normalized.</param>
    /// <exception cref="InputException">A token contradicts another one or is not supported.</exception>
    public static IReadOnlyList<AddedToken> Parse(JsonElement root, TokenIds ids, bool normalizes)
    {
        Dictionary<int, AddedToken> tokens = [];
        if (!root.TryGetProperty("added_tokens", out JsonElement added) || added.ValueKind == JsonValueKind.Null)
        {
            return [];
        }
        foreach (JsonElement value in JsonMembers.Array(added, "'added_tokens'").EnumerateArray())
        {
            AddedToken token = Parse(JsonMembers.Object(value, "an added token"));
            ids.Add(token.Text, token.Id);
            if (!tokens.TryAdd(token.Id, token))
            {
                throw new InputException($"the added token '{InputText.Show(token.Text)}' occurs twice (id {token.Id})");
            }
            if (normalizes && token.IsNormalized)
            {
                RequireNormalized(token.Text);
            }
        }
        return Simplify(tokens.Values, normalizes);
    }

    /// <summary>Without a normalizer this only determines which tokens are matched first, and has no effect if it is the same for all.</summary>
    private static AddedToken[] Simplify(IReadOnlyCollection<AddedToken> tokens, bool normalizes) =>
        !normalizes && tokens.All(token => token.IsNormalized) ? [.. tokens.Select(token => token with { IsNormalized = false })] : [.. tokens];

    private static AddedToken Parse(JsonElement value)
    {
        string name = JsonMembers.Text(JsonMembers.Required(value, "content", "an added token"), "the content of an added token");
        string what = $"the added token '{InputText.Show(name)}'";
        JsonMembers.RequireKnown(value, what, "id", "content", "single_word", "lstrip", "rstrip", "normalized", "special");
        JsonMembers.RequireOff(value, what, "single_word");
        bool isSpecial = JsonMembers.Flag(value, "special", what, missing: true);
        return new AddedToken(name, TokenIds.Id(JsonMembers.Required(value, "id", what), name))
        {
            IsSpecial = isSpecial,
            TakesSpaceBefore = JsonMembers.Flag(value, "lstrip", what, missing: false),
            TakesSpaceAfter = JsonMembers.Flag(value, "rstrip", what, missing: false),
            IsNormalized = JsonMembers.Flag(value, "normalized", what, missing: !isSpecial),
        };
    }

    /// <summary>The token's text would have to be normalized too, and its id would then decode to another text.</summary>
    private static void RequireNormalized(string text)
    {
        if (!NormalizingSink.IsNormalized(text))
        {
            throw new InputException($"the added token '{InputText.Show(text)}' is matched in normalized text, but is not normalized (NFC) itself");
        }
    }
}
