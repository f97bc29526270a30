using System.Text.Json;
using TransformerXL.Files;
using TransformerXL.Text.BytePairs;

namespace TransformerXL.Text.WordPieces;

/// <summary>The members of <c>vocabulary.json</c> that belong to word pieces: the rules, and <c>tokens</c> in the order of their ids.</summary>
internal static class WordPieceJson
{
    private const string LowerCase = "lowerCase", StripAccents = "stripAccents", SeparatesChinese = "separatesChinese", CleansText = "cleansText", Longest = "maxWordCharacters";
    private const string What = "the vocabulary";

    public static void Write(WordPieceVocabulary vocabulary, Utf8JsonWriter writer)
    {
        writer.WriteBoolean(LowerCase, vocabulary.Rules.LowerCase);
        writer.WriteBoolean(StripAccents, vocabulary.Rules.StripAccents);
        writer.WriteBoolean(SeparatesChinese, vocabulary.Rules.SeparatesChinese);
        writer.WriteBoolean(CleansText, vocabulary.Rules.CleansText);
        writer.WriteNumber(Longest, vocabulary.Rules.MaxWordCharacters);
        writer.WriteStartArray("tokens");
        foreach (string token in vocabulary.Tokens)
        {
            writer.WriteStringValue(token);
        }

        writer.WriteEndArray();
    }

    public static WordPieceVocabulary Parse(JsonElement root)
    {
        JsonElement listed = VocabularyJson.RequiredArray(root, "tokens");
        Require.That(listed.GetArrayLength() <= WordPieceVocabulary.MaxCount, $"'tokens' has {listed.GetArrayLength()} entries; at most {WordPieceVocabulary.MaxCount} are accepted");
        List<string> tokens = new(listed.GetArrayLength());
        foreach (JsonElement token in listed.EnumerateArray())
        {
            tokens.Add(JsonMembers.Text(token, $"token {tokens.Count}"));
        }

        return new WordPieceVocabulary(tokens, new WordPieceRules
        {
            LowerCase = Flag(root, LowerCase),
            StripAccents = Flag(root, StripAccents),
            SeparatesChinese = Flag(root, SeparatesChinese),
            CleansText = Flag(root, CleansText),
            MaxWordCharacters = Whole(JsonMembers.Required(root, Longest, What), Longest),
        });
    }

    /// <summary>A whole number of 32 bits.</summary>
    public static int Whole(JsonElement value, string name) => value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number)
        ? number
        : throw new InputException($"'{name}' is {InputText.Show(value.GetRawText())}, not a whole number of 32 bits");

    private static bool Flag(JsonElement root, string name)
    {
        JsonMembers.Required(root, name, What);
        return JsonMembers.Flag(root, name, What, missing: false);
    }
}
