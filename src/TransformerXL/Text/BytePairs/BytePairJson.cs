using System.Text.Json;
using TransformerXL.Text.BytePairs.AddedTokens;
using TransformerXL.Text.BytePairs.Splitting;

namespace TransformerXL.Text.BytePairs;

/// <summary>
/// The members of <c>vocabulary.json</c> for byte pairs: <c>add_prefix_space</c>, <c>tokens</c> (names in the order of ids, null where no token has the id),
/// <c>special</c> (ids of added tokens) and <c>merges</c> (left and right ids by turns, in the order of ranks). Version 2 is written if one of these is needed:
/// <c>added</c> (added tokens that are not plain, as in tokenizer.json), <c>splits</c> (regular expressions), <c>normalizer</c> (NFC), <c>ignore_merges</c>.
/// </summary>
internal static class BytePairJson
{
    private const string Nfc = "NFC";
    private const int MaxSplits = 17;

    public static void Write(BytePairModel model, Utf8JsonWriter writer)
    {
        WriteRules(model, writer);
        writer.WriteStartArray("tokens");
        foreach (string? name in model.Names())
        {
            writer.WriteStringValue(name);
        }
        writer.WriteEndArray();
        writer.WriteStartArray("special");
        foreach (int id in model.Added.Select(token => token.Id))
        {
            writer.WriteNumberValue(id);
        }
        writer.WriteEndArray();
        writer.WriteStartArray("merges");
        for (int rank = 0; rank < model.MergeCount; rank++)
        {
            BytePairMerge merge = model.Merge(rank);
            writer.WriteNumberValue(merge.Left);
            writer.WriteNumberValue(merge.Right);
        }
        writer.WriteEndArray();
    }

    /// <exception cref="InputException">A member is missing or has another format; the message does not name the file.</exception>
    public static BytePairVocabulary Parse(JsonElement root)
    {
        if (!root.TryGetProperty("add_prefix_space", out JsonElement prefix) || prefix.ValueKind is not (JsonValueKind.True or JsonValueKind.False))
        {
            throw new InputException("'add_prefix_space' is neither true nor false");
        }
        string?[] names = [.. Array(root, "tokens").EnumerateArray().Select(Name)];
        Dictionary<int, AddedToken> added = Special(root, names);
        ReadFlags(root, added);
        var builder = new BytePairModelBuilder(names, added.Values);
        int left = -1;
        foreach (JsonElement id in Array(root, "merges").EnumerateArray())
        {
            int part = Id(id, "merges");
            if (left >= 0)
            {
                builder.AddMerge(left, part);
            }
            left = left >= 0 ? -1 : part;
        }
        return left < 0 ? new BytePairVocabulary(builder.Build(Rules(root, prefix.GetBoolean()))) : throw new InputException("'merges' ends with half a pair");
    }

    /// <summary>Whether the vocabulary needs version 2.</summary>
    public static bool NeedsVersion2(BytePairModel model) => !model.Rules.IsGpt2 || model.Unused.Count > 0 || model.Added.Any(token => !token.IsPlain);

    private static void WriteRules(BytePairModel model, Utf8JsonWriter writer)
    {
        writer.WriteBoolean("add_prefix_space", model.Rules.AddsPrefixSpace);
        if (!NeedsVersion2(model))
        {
            return;
        }
        writer.WriteString("normalizer", model.Rules.Normalizes ? Nfc : null);
        writer.WriteBoolean("ignore_merges", model.Rules.IgnoresMerges);
        writer.WriteStartArray("splits");
        foreach (SplitPattern pattern in model.Rules.Splits)
        {
            writer.WriteStringValue(pattern.Text);
        }
        writer.WriteEndArray();
        writer.WriteStartArray("added");
        foreach (AddedToken token in model.Added.Where(token => !token.IsPlain))
        {
            writer.WriteStartObject();
            writer.WriteNumber("id", token.Id);
            writer.WriteBoolean("special", token.IsSpecial);
            writer.WriteBoolean("lstrip", token.TakesSpaceBefore);
            writer.WriteBoolean("rstrip", token.TakesSpaceAfter);
            writer.WriteBoolean("normalized", token.IsNormalized);
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
    }

    private static BytePairRules Rules(JsonElement root, bool addsPrefixSpace)
    {
        JsonElement normalizer = root.TryGetProperty("normalizer", out JsonElement given) ? given : default;
        bool normalizes = normalizer.ValueKind == JsonValueKind.String && normalizer.ValueEquals(Nfc);
        if (!normalizes && normalizer.ValueKind is not (JsonValueKind.Undefined or JsonValueKind.Null))
        {
            throw new InputException($"'normalizer' is {JsonMembers.Show(normalizer)}, neither null nor \"{Nfc}\"");
        }
        JsonElement[] splits = root.TryGetProperty("splits", out JsonElement list) ? [.. JsonMembers.Array(list, "'splits'").EnumerateArray()] : [];
        return splits.Length > (addsPrefixSpace ? 0 : MaxSplits)
            ? throw new InputException($"'splits' has {splits.Length} patterns; at most {MaxSplits} are accepted, and none with 'add_prefix_space'")
            : new BytePairRules
            {
                AddsPrefixSpace = addsPrefixSpace,
                Normalizes = normalizes,
                IgnoresMerges = JsonMembers.Flag(root, "ignore_merges", "the vocabulary", missing: false),
                Splits = [.. splits.Select(split => SplitPattern.Parse(JsonMembers.Text(split, "a pattern of 'splits'")))],
            };
    }

    private static void ReadFlags(JsonElement root, Dictionary<int, AddedToken> added)
    {
        if (!root.TryGetProperty("added", out JsonElement list))
        {
            return;
        }
        foreach (JsonElement value in JsonMembers.Array(list, "'added'").EnumerateArray())
        {
            JsonMembers.Object(value, "an entry of 'added'");
            int id = Id(JsonMembers.Required(value, "id", "an entry of 'added'"), "added");
            string what = $"the added token {id}";
            if (!added.TryGetValue(id, out AddedToken? token))
            {
                throw new InputException($"'added' names the id {id}, which 'special' does not");
            }
            added[id] = token with
            {
                IsSpecial = JsonMembers.Flag(value, "special", what, missing: true),
                TakesSpaceBefore = JsonMembers.Flag(value, "lstrip", what, missing: false),
                TakesSpaceAfter = JsonMembers.Flag(value, "rstrip", what, missing: false),
                IsNormalized = JsonMembers.Flag(value, "normalized", what, missing: false),
            };
        }
    }

    private static Dictionary<int, AddedToken> Special(JsonElement root, string?[] names)
    {
        Dictionary<int, AddedToken> special = [];
        foreach (JsonElement value in Array(root, "special").EnumerateArray())
        {
            int id = Id(value, "special");
            if (id >= names.Length || names[id] is not { } name || !special.TryAdd(id, new AddedToken(name, id)))
            {
                throw new InputException($"'special' names the id {id} twice, or no token has it (0..{names.Length - 1})");
            }
        }
        return special;
    }

    private static string? Name(JsonElement value, int id) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString()!,
        JsonValueKind.Null => null,
        _ => throw new InputException($"token {id} is neither a string nor null"),
    };

    private static int Id(JsonElement value, string name) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int id) && id >= 0 ? id : throw new InputException($"'{name}' holds something other than ids");

    private static JsonElement Array(JsonElement root, string name) =>
        root.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Array ? value : throw new InputException($"the array '{name}' is missing");
}
