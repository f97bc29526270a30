using System.Text.Json;
using TransformerXL.Formats;

namespace TransformerXL.Data.BytePairs;

/// <summary>
/// Hugging Face's <c>tokenizer.json</c> for byte-level BPE as in GPT-2: <c>model</c> of type BPE, <c>pre_tokenizer</c> ByteLevel or Split
/// by GPT-2's pattern and then ByteLevel. What would give other ids than this library (normalizers, other models and patterns, dropout,
/// added tokens that take white space along, ...) is refused by its name.
/// </summary>
public static class TokenizerJson
{
    private const string Version = "1.0";

    /// <summary>Reads a vocabulary. Its added tokens become special tokens.</summary>
    /// <exception cref="InputException">The file is missing, too large, damaged, or asks for something that is not supported.</exception>
    public static BytePairVocabulary Load(string path) => BytePairFile.Read(path, Parse);

    /// <summary>Writes a vocabulary, all or nothing.</summary>
    /// <exception cref="InputException">Nothing can be written there.</exception>
    public static void Save(BytePairVocabulary vocabulary, string path)
    {
        ArgumentNullException.ThrowIfNull(vocabulary);
        BytePairFile.WriteJson(path, writer => Write(vocabulary.Model, writer));
    }

    /// <exception cref="InputException">As for <see cref="Load"/>; the message does not name the file.</exception>
    internal static BytePairVocabulary Parse(byte[] content) => BytePairFile.ParseJson(content, Parse);

    private static BytePairVocabulary Parse(JsonElement root)
    {
        const string what = "the tokenizer";
        JsonMembers.RequireKnown(root, what, "version", "truncation", "padding", "added_tokens", "normalizer", "pre_tokenizer", "post_processor", "decoder", "model");
        if (root.TryGetProperty("version", out JsonElement version) && !(version.ValueKind == JsonValueKind.String && version.ValueEquals(Version)))
        {
            throw new InputException($"its version is {JsonMembers.Show(version)}; only \"{Version}\" is known");
        }
        JsonMembers.RequireOff(root, what, "truncation", "padding", "normalizer");
        RequireByteLevel(root, "post_processor");
        RequireByteLevel(root, "decoder");
        bool addPrefixSpace = TokenizerJsonPattern.Parse(JsonMembers.Required(root, "pre_tokenizer", what));
        return ParseModel(root, JsonMembers.Object(JsonMembers.Required(root, "model", what), "'model'"), addPrefixSpace);
    }

    private static BytePairVocabulary ParseModel(JsonElement root, JsonElement model, bool addPrefixSpace)
    {
        const string what = "'model'";
        JsonElement type = JsonMembers.Required(model, "type", what);
        if (type.ValueKind != JsonValueKind.String || !type.ValueEquals("BPE"))
        {
            throw new InputException($"its model is {JsonMembers.Show(type)}; only \"BPE\" is supported");
        }
        JsonMembers.RequireKnown(model, what, "type", "dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix", "fuse_unk", "byte_fallback", "ignore_merges", "vocab", "merges");
        JsonMembers.RequireOff(model, what, "dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix", "fuse_unk", "byte_fallback", "ignore_merges");
        var ids = new TokenIds();
        ids.AddAll(JsonMembers.Object(JsonMembers.Required(model, "vocab", what), "'vocab'"));
        HashSet<int> special = ParseAddedTokens(root, ids);
        var builder = new BytePairModelBuilder(ids.ToNames(), special.Contains);
        int rank = 0;
        foreach (JsonElement merge in JsonMembers.Array(JsonMembers.Required(model, "merges", what), "'merges'").EnumerateArray())
        {
            (string left, string right) = ParseMerge(merge, rank++);
            builder.AddMerge(left, right);
        }
        return new BytePairVocabulary(builder.Build(addPrefixSpace));
    }

    private static HashSet<int> ParseAddedTokens(JsonElement root, TokenIds ids)
    {
        var special = new HashSet<int>();
        if (!root.TryGetProperty("added_tokens", out JsonElement added) || added.ValueKind == JsonValueKind.Null)
        {
            return special;
        }
        foreach (JsonElement token in JsonMembers.Array(added, "'added_tokens'").EnumerateArray())
        {
            JsonMembers.Object(token, "an added token");
            string name = JsonMembers.Text(JsonMembers.Required(token, "content", "an added token"), "the content of an added token");
            string what = $"the added token '{InputText.Show(name)}'";
            JsonMembers.RequireKnown(token, what, "id", "content", "single_word", "lstrip", "rstrip", "normalized", "special");
            JsonMembers.RequireOff(token, what, "single_word", "lstrip", "rstrip");
            int id = TokenIds.Id(JsonMembers.Required(token, "id", what), name);
            ids.Add(name, id);
            if (!special.Add(id))
            {
                throw new InputException($"{what} occurs twice (id {id})");
            }
        }
        return special;
    }

    /// <summary>Old files hold <c>"a b"</c>, newer ones <c>["a", "b"]</c>.</summary>
    private static (string Left, string Right) ParseMerge(JsonElement merge, int rank)
    {
        if (merge.ValueKind == JsonValueKind.String)
        {
            return MergesText.Split(merge.GetString(), $"merge {rank}");
        }
        if (merge.ValueKind == JsonValueKind.Array && merge.GetArrayLength() == 2)
        {
            return (JsonMembers.Text(merge[0], $"a part of merge {rank}"), JsonMembers.Text(merge[1], $"a part of merge {rank}"));
        }
        throw new InputException($"merge {rank} is neither a string \"a b\" nor an array [\"a\", \"b\"]");
    }

    private static void RequireByteLevel(JsonElement root, string name)
    {
        if (root.TryGetProperty(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null && !TokenizerJsonPattern.IsOfType(value, "ByteLevel"))
        {
            throw new InputException($"'{name}' is {JsonMembers.Show(value)}, which is not supported; null and ByteLevel are");
        }
    }

    private static void Write(BytePairModel model, Utf8JsonWriter writer)
    {
        writer.WriteString("version", Version);
        writer.WriteNull("truncation");
        writer.WriteNull("padding");
        writer.WriteStartArray("added_tokens");
        foreach ((string name, int id) in model.SpecialTokens.OrderBy(token => token.Value))
        {
            WriteAddedToken(writer, name, id);
        }
        writer.WriteEndArray();
        writer.WriteNull("normalizer");
        TokenizerJsonPattern.Write(writer, "pre_tokenizer", model.AddsPrefixSpace);
        writer.WriteNull("post_processor");
        TokenizerJsonPattern.Write(writer, "decoder", model.AddsPrefixSpace);
        WriteModel(model, writer);
    }

    private static void WriteAddedToken(Utf8JsonWriter writer, string name, int id)
    {
        writer.WriteStartObject();
        writer.WriteNumber("id", id);
        writer.WriteString("content", name);
        writer.WriteBoolean("single_word", false);
        writer.WriteBoolean("lstrip", false);
        writer.WriteBoolean("rstrip", false);
        writer.WriteBoolean("normalized", false);
        writer.WriteBoolean("special", true);
        writer.WriteEndObject();
    }

    private static void WriteModel(BytePairModel model, Utf8JsonWriter writer)
    {
        string[] names = model.Names();
        writer.WriteStartObject("model");
        writer.WriteString("type", "BPE");
        writer.WriteNull("dropout");
        writer.WriteNull("unk_token");
        writer.WriteString("continuing_subword_prefix", "");
        writer.WriteString("end_of_word_suffix", "");
        writer.WriteBoolean("fuse_unk", false);
        writer.WriteStartObject("vocab");
        BytePairFile.WriteIds(writer, names);
        writer.WriteEndObject();
        writer.WriteStartArray("merges");
        for (int rank = 0; rank < model.MergeCount; rank++)
        {
            BytePairMerge merge = model.Merge(rank);
            writer.WriteStringValue($"{names[merge.Left]} {names[merge.Right]}");
        }
        writer.WriteEndArray();
        writer.WriteEndObject();
    }
}
