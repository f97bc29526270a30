using System.Text.Json;

namespace TransformerXL.Data.BytePairs;

/// <summary>
/// The members of <c>vocabulary.json</c> for byte pairs: <c>add_prefix_space</c>, <c>tokens</c> (names in the order of ids), <c>special</c>
/// (ids) and <c>merges</c> (left and right ids by turns, in the order of ranks).
/// </summary>
internal static class BytePairJson
{
    public static void Write(BytePairModel model, Utf8JsonWriter writer)
    {
        writer.WriteBoolean("add_prefix_space", model.AddsPrefixSpace);
        writer.WriteStartArray("tokens");
        foreach (string name in model.Names())
        {
            writer.WriteStringValue(name);
        }
        writer.WriteEndArray();
        writer.WriteStartArray("special");
        foreach (int id in model.SpecialTokens.Values.Order())
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

    /// <exception cref="InputException">A member is missing or of another form; the message does not name the file.</exception>
    public static BytePairVocabulary Parse(JsonElement root)
    {
        if (!root.TryGetProperty("add_prefix_space", out JsonElement prefix) || prefix.ValueKind is not (JsonValueKind.True or JsonValueKind.False))
        {
            throw new InputException("'add_prefix_space' is neither true nor false");
        }
        string[] names = [.. Array(root, "tokens").EnumerateArray().Select(Name)];
        HashSet<int> special = Special(root, names.Length);
        var builder = new BytePairModelBuilder(names, special.Contains);
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
        return left < 0 ? new BytePairVocabulary(builder.Build(prefix.GetBoolean())) : throw new InputException("'merges' ends with half a pair");
    }

    private static HashSet<int> Special(JsonElement root, int count)
    {
        var special = new HashSet<int>();
        foreach (JsonElement value in Array(root, "special").EnumerateArray())
        {
            int id = Id(value, "special");
            if (id >= count || !special.Add(id))
            {
                throw new InputException($"'special' names the id {id} twice or beyond 0..{count - 1}");
            }
        }
        return special;
    }

    private static string Name(JsonElement value, int id) =>
        value.ValueKind == JsonValueKind.String ? value.GetString()! : throw new InputException($"token {id} is not a string");

    private static int Id(JsonElement value, string name) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int id) && id >= 0 ? id : throw new InputException($"'{name}' holds something else than ids");

    private static JsonElement Array(JsonElement root, string name) =>
        root.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Array ? value : throw new InputException($"the array '{name}' is missing");
}
