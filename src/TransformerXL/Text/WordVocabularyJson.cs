using System.Text.Json;
using TransformerXL.Files;

namespace TransformerXL.Text;

/// <summary>The members of <c>vocabulary.json</c> that belong to words.</summary>
internal static class WordVocabularyJson
{
    private const int LongestText = 64;

    public static WordVocabulary Parse(JsonElement root)
    {
        JsonElement symbols = VocabularyJson.RequiredArray(root, "symbols");
        var words = new List<string>(symbols.GetArrayLength());
        foreach (JsonElement symbol in symbols.EnumerateArray())
        {
            words.Add(symbol.ValueKind == JsonValueKind.String ? symbol.GetString()! : throw new InputException($"symbol {words.Count} is not a string"));
        }

        string? unknown = OptionalString(root, "unknown");
        var rules = new WordRules { LowerCase = RequiredBoolean(root, "lowerCase"), Delimiter = OptionalString(root, "delimiter"), Marks = RequiredMarks(root) };
        var vocabulary = new WordVocabulary(words, rules, unknown);
        return unknown is null && vocabulary.UnknownId is { } id
            ? throw new InputException($"'unknown' is null, but there is the symbol '{vocabulary.Describe(id)}'")
            : vocabulary;
    }

    private static LineMarks RequiredMarks(JsonElement root)
    {
        string name = VocabularyJson.RequiredString(root, "marks");
        foreach (LineMarks marks in Enum.GetValues<LineMarks>())
        {
            if (marks.ToString() == name)
            {
                return marks;
            }
        }

        throw new InputException($"'marks' is '{InputText.Show(name)}', not one of {string.Join(", ", Enum.GetNames<LineMarks>())}");
    }

    private static bool RequiredBoolean(JsonElement root, string name) =>
        root.TryGetProperty(name, out JsonElement value) && value.ValueKind is JsonValueKind.True or JsonValueKind.False
            ? value.GetBoolean()
            : throw new InputException($"'{name}' is missing or neither true nor false");

    private static string? OptionalString(JsonElement root, string name)
    {
        if (!root.TryGetProperty(name, out JsonElement value) || value.ValueKind is not (JsonValueKind.String or JsonValueKind.Null))
        {
            throw new InputException($"'{name}' is missing or neither a string nor null");
        }

        string? text = value.GetString();
        return text is { Length: > LongestText } ? throw new InputException($"'{name}' has {text.Length} characters; at most {LongestText} are allowed") : text;
    }
}
