using System.Text.Json;
using TransformerXL.Files;
using TransformerXL.Text.BytePairs;

namespace TransformerXL.Text.WordPieces;

/// <summary>
/// Hugging Face's <c>tokenizer.json</c> for BERT: <c>model</c> of type WordPiece, <c>normalizer</c> BertNormalizer, <c>pre_tokenizer</c> BertPreTokenizer. Settings with which this
/// library would give other ids are rejected by name; <c>truncation</c>, <c>padding</c> and the template of <c>post_processor</c> are ignored, because the task adds the special tokens.
/// </summary>
public static class WordPieceTokenizerJson
{
    private const string What = "the tokenizer", Model = "'model'", Normalizer = "'normalizer'";

    /// <summary>Reads a vocabulary.</summary>
    /// <exception cref="InputException">The file is missing, too large, damaged, or needs a feature that is not supported.</exception>
    public static WordPieceVocabulary Load(string path) => BytePairFile.Read(path, Parse);

    /// <summary>Writes a vocabulary, all or nothing.</summary>
    /// <exception cref="InputException">Nothing can be written there.</exception>
    public static void Save(WordPieceVocabulary vocabulary, string path)
    {
        ArgumentNullException.ThrowIfNull(vocabulary);
        BytePairFile.WriteJson(path, writer => Write(vocabulary, writer));
    }

    /// <exception cref="InputException">As for <see cref="Load"/>; the message does not name the file.</exception>
    internal static WordPieceVocabulary Parse(byte[] content) => BytePairFile.ParseJson(content, Parse);

    private static WordPieceVocabulary Parse(JsonElement root)
    {
        JsonMembers.RequireKnown(root, What, "version", "truncation", "padding", "added_tokens", "normalizer", "pre_tokenizer", "post_processor", "decoder", "model");
        JsonElement model = JsonMembers.Object(JsonMembers.Required(root, "model", What), Model);
        if (!TokenizerJsonSplits.IsOfType(model, "WordPiece"))
        {
            throw new InputException($"its model is {JsonMembers.Show(model)}, not \"WordPiece\"");
        }

        JsonElement split = JsonMembers.Required(root, "pre_tokenizer", What);
        if (!TokenizerJsonSplits.IsOfType(split, "BertPreTokenizer"))
        {
            throw new InputException($"'pre_tokenizer' is {JsonMembers.Show(split)}, which is not supported for word pieces; BertPreTokenizer is");
        }

        JsonMembers.RequireKnown(model, Model, "type", "unk_token", "continuing_subword_prefix", "max_input_chars_per_word", "vocab");
        RequireText(model, "unk_token", WordPieceVocabulary.Unknown);
        RequireText(model, "continuing_subword_prefix", WordPieceVocabulary.Continuation);
        TokenIds ids = new();
        ids.AddAll(JsonMembers.Object(JsonMembers.Required(model, "vocab", Model), "'vocab'"));
        AddTokens(root, ids);
        string[] tokens = [.. ids.ToNames(mayHaveGaps: false).Select(name => name!)];
        return new WordPieceVocabulary(tokens, Rules(JsonMembers.Required(root, "normalizer", What)) with
        {
            MaxWordCharacters = model.TryGetProperty("max_input_chars_per_word", out JsonElement longest) ? WordPieceJson.Whole(longest, "max_input_chars_per_word") : 100,
        });
    }

    /// <summary>Added tokens must be special: others would be found in a text before it is divided.</summary>
    private static void AddTokens(JsonElement root, TokenIds ids)
    {
        if (!root.TryGetProperty("added_tokens", out JsonElement added) || added.ValueKind == JsonValueKind.Null)
        {
            return;
        }

        foreach (JsonElement token in JsonMembers.Array(added, "'added_tokens'").EnumerateArray())
        {
            JsonMembers.Object(token, "an added token");
            string name = JsonMembers.Text(JsonMembers.Required(token, "content", "an added token"), "the content of an added token");
            string what = $"the added token '{InputText.Show(name)}'";
            if (!JsonMembers.Flag(token, "special", what, missing: true))
            {
                throw new InputException($"{what} is not special, which is not supported for word pieces");
            }

            ids.Add(name, TokenIds.Id(JsonMembers.Required(token, "id", what), name));
        }
    }

    private static WordPieceRules Rules(JsonElement normalizer)
    {
        if (!TokenizerJsonSplits.IsOfType(normalizer, "BertNormalizer"))
        {
            throw new InputException($"{Normalizer} is {JsonMembers.Show(normalizer)}, which is not supported for word pieces; BertNormalizer is");
        }

        JsonMembers.RequireKnown(normalizer, Normalizer, "type", "clean_text", "handle_chinese_chars", "strip_accents", "lowercase");
        bool lower = JsonMembers.Flag(normalizer, "lowercase", Normalizer, missing: true);
        bool isOwn = normalizer.TryGetProperty("strip_accents", out JsonElement strip) && strip.ValueKind != JsonValueKind.Null;
        return new WordPieceRules
        {
            LowerCase = lower,
            StripAccents = isOwn ? JsonMembers.Flag(normalizer, "strip_accents", Normalizer, lower) : lower,
            SeparatesChinese = JsonMembers.Flag(normalizer, "handle_chinese_chars", Normalizer, missing: true),
            CleansText = JsonMembers.Flag(normalizer, "clean_text", Normalizer, missing: true),
        };
    }

    private static void RequireText(JsonElement model, string name, string wanted)
    {
        if (model.TryGetProperty(name, out JsonElement value) && !(value.ValueKind == JsonValueKind.String && value.ValueEquals(wanted)))
        {
            throw new InputException($"'{name}' of {Model} is {JsonMembers.Show(value)}, which is not supported; \"{wanted}\" is");
        }
    }

    private static void Write(WordPieceVocabulary vocabulary, Utf8JsonWriter writer)
    {
        writer.WriteString("version", TokenizerJson.Version);
        writer.WriteNull("truncation");
        writer.WriteNull("padding");
        int?[] special = [vocabulary.PaddingId, vocabulary.UnknownId, vocabulary.ClassId, vocabulary.SeparatorId, vocabulary.MaskId];
        writer.WriteStartArray("added_tokens");
        foreach (int id in special.OfType<int>().Order())
        {
            WriteAdded(writer, id, vocabulary.Describe(id), takesSpaceBefore: false);
        }

        writer.WriteEndArray();
        writer.WriteStartObject("normalizer");
        writer.WriteString("type", "BertNormalizer");
        writer.WriteBoolean("clean_text", vocabulary.Rules.CleansText);
        writer.WriteBoolean("handle_chinese_chars", vocabulary.Rules.SeparatesChinese);
        writer.WriteBoolean("strip_accents", vocabulary.Rules.StripAccents);
        writer.WriteBoolean("lowercase", vocabulary.Rules.LowerCase);
        writer.WriteEndObject();
        writer.WriteStartObject("pre_tokenizer");
        writer.WriteString("type", "BertPreTokenizer");
        writer.WriteEndObject();
        WriteTemplate(vocabulary, writer);
        writer.WriteStartObject("decoder");
        writer.WriteString("type", "WordPiece");
        writer.WriteString("prefix", WordPieceVocabulary.Continuation);
        writer.WriteBoolean("cleanup", true);
        writer.WriteEndObject();
        writer.WriteStartObject("model");
        writer.WriteString("type", "WordPiece");
        writer.WriteString("unk_token", WordPieceVocabulary.Unknown);
        writer.WriteString("continuing_subword_prefix", WordPieceVocabulary.Continuation);
        writer.WriteNumber("max_input_chars_per_word", vocabulary.Rules.MaxWordCharacters);
        writer.WriteStartObject("vocab");
        BytePairFile.WriteIds(writer, vocabulary.Tokens.ToArray());
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    /// <summary>Writes a special token.</summary>
    internal static void WriteAdded(Utf8JsonWriter writer, int id, string name, bool takesSpaceBefore)
    {
        writer.WriteStartObject();
        writer.WriteNumber("id", id);
        writer.WriteString("content", name);
        writer.WriteBoolean("single_word", false);
        writer.WriteBoolean("lstrip", takesSpaceBefore);
        writer.WriteBoolean("rstrip", false);
        writer.WriteBoolean("normalized", false);
        writer.WriteBoolean("special", true);
        writer.WriteEndObject();
    }

    /// <summary>[CLS] text [SEP], and [CLS] first [SEP] second [SEP].</summary>
    private static void WriteTemplate(WordPieceVocabulary vocabulary, Utf8JsonWriter writer)
    {
        writer.WriteStartObject("post_processor");
        writer.WriteString("type", "BertProcessing");
        foreach ((string member, int id) in new[] { ("sep", vocabulary.SeparatorId!.Value), ("cls", vocabulary.ClassId!.Value) })
        {
            writer.WriteStartArray(member);
            writer.WriteStringValue(vocabulary.Describe(id));
            writer.WriteNumberValue(id);
            writer.WriteEndArray();
        }

        writer.WriteEndObject();
    }
}
