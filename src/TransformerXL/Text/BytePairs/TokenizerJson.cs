using System.Text.Json;
using TransformerXL.Text.BytePairs.AddedTokens;

namespace TransformerXL.Text.BytePairs;

/// <summary>
/// Hugging Face's <c>tokenizer.json</c> for byte-level BPE as in GPT-2, GPT-4 and Llama 3: <c>model</c> of type BPE, <c>pre_tokenizer</c> ByteLevel, or Split,
/// Digits and Punctuation and then ByteLevel, <c>normalizer</c> NFC or none. Settings with which this library would give other ids are rejected by name. Settings that
/// prepare a single text for another use are ignored: <c>truncation</c>, <c>padding</c>, and tokens that <c>post_processor</c> adds around a text, because here a text is a stream without end.
/// </summary>
public static class TokenizerJson
{
    internal const string Version = "1.0";

    private const string What = "the tokenizer", Sequence = "Sequence";

    /// <summary>Reads a vocabulary. Its added tokens become special tokens.</summary>
    /// <exception cref="InputException">The file is missing, too large, damaged, or needs a feature that is not supported.</exception>
    public static BytePairVocabulary Load(string path) => BytePairFile.Read(path, Parse);

    /// <summary>Writes a vocabulary, all or nothing.</summary>
    /// <exception cref="InputException">Nothing can be written there.</exception>
    public static void Save(BytePairVocabulary vocabulary, string path)
    {
        ArgumentNullException.ThrowIfNull(vocabulary);
        BytePairFile.WriteJson(path, writer => TokenizerJsonWriter.Write(vocabulary.Model, writer));
    }

    /// <exception cref="InputException">As for <see cref="Load"/>; the message does not name the file.</exception>
    internal static BytePairVocabulary Parse(byte[] content) => BytePairFile.ParseJson(content, Parse);

    private static BytePairVocabulary Parse(JsonElement root)
    {
        JsonMembers.RequireKnown(root, What, "version", "truncation", "padding", "added_tokens", "normalizer", "pre_tokenizer", "post_processor", "decoder", "model");
        if (root.TryGetProperty("version", out JsonElement version) && !(version.ValueKind == JsonValueKind.String && version.ValueEquals(Version)))
        {
            throw new InputException($"its version is {JsonMembers.Show(version)}; only \"{Version}\" is known");
        }
        RequireOnly(root, "post_processor", "processors", ["ByteLevel", "TemplateProcessing", "RobertaProcessing", "BertProcessing"]);
        RequireOnly(root, "decoder", "decoders", ["ByteLevel"]);
        bool normalizes = RequireOnly(root, "normalizer", "normalizers", ["NFC"]);
        BytePairRules rules = TokenizerJsonSplits.Parse(JsonMembers.Required(root, "pre_tokenizer", What));
        return ParseModel(root, JsonMembers.Object(JsonMembers.Required(root, "model", What), "'model'"), rules with { Normalizes = normalizes });
    }

    /// <summary>
    /// The type of the model may be missing; a model with merges is one of byte pairs. The settings for bytes without a token (<c>unk_token</c>, <c>fuse_unk</c>, <c>byte_fallback</c>)
    /// do not matter, because every byte must have a token.
    /// </summary>
    private static BytePairVocabulary ParseModel(JsonElement root, JsonElement model, BytePairRules rules)
    {
        const string what = "'model'";
        bool hasType = model.TryGetProperty("type", out JsonElement type);
        if (hasType ? !TokenizerJsonSplits.IsOfType(model, "BPE") : !model.TryGetProperty("merges", out _))
        {
            throw new InputException($"its model is {(hasType ? JsonMembers.Show(type) : "of no type and has no 'merges'")}; only \"BPE\" is supported");
        }
        JsonMembers.RequireKnown(model, what, "type", "dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix", "fuse_unk", "byte_fallback", "ignore_merges", "vocab", "merges");
        JsonMembers.RequireOff(model, what, "dropout", "continuing_subword_prefix", "end_of_word_suffix");
        rules = rules with { IgnoresMerges = JsonMembers.Flag(model, "ignore_merges", what, missing: false) };
        var ids = new TokenIds();
        ids.AddAll(JsonMembers.Object(JsonMembers.Required(model, "vocab", what), "'vocab'"));
        IReadOnlyList<AddedToken> added = TokenizerJsonAddedTokens.Parse(root, ids, rules.Normalizes);
        var builder = new BytePairModelBuilder(ids.ToNames(mayHaveGaps: true), added);
        int rank = 0;
        foreach (JsonElement merge in JsonMembers.Array(JsonMembers.Required(model, "merges", what), "'merges'").EnumerateArray())
        {
            (string left, string right) = ParseMerge(merge, rank++);
            builder.AddMerge(left, right);
        }
        return new BytePairVocabulary(builder.Build(rules));
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

    /// <summary>Throws unless a member is missing, null, of one of some types, or a Sequence of those; true if there is any.</summary>
    private static bool RequireOnly(JsonElement root, string name, string list, ReadOnlySpan<string> types)
    {
        if (!root.TryGetProperty(name, out JsonElement value) || value.ValueKind == JsonValueKind.Null)
        {
            return false;
        }
        if (IsOfTypes(value, types))
        {
            return true;
        }
        return TokenizerJsonSplits.IsOfType(value, Sequence)
            ? RequireSteps(value, name, list, types)
            : throw new InputException($"'{name}' is {JsonMembers.Show(value)}, which is not supported; null and {string.Join(", ", types!)} are");
    }

    /// <summary>A Sequence may hold others; the depth is that of the JSON, which is bounded.</summary>
    private static bool RequireSteps(JsonElement sequence, string name, string list, ReadOnlySpan<string> types)
    {
        bool any = false;
        foreach (JsonElement step in JsonMembers.Array(JsonMembers.Required(sequence, list, $"'{name}'"), $"'{list}'").EnumerateArray())
        {
            any |= TokenizerJsonSplits.IsOfType(step, Sequence) ? RequireSteps(step, name, list, types)
                : IsOfTypes(step, types) ? true
                : throw new InputException($"'{name}' has the step {JsonMembers.Show(step)}, which is not supported; {string.Join(", ", types!)} are");
        }
        return any;
    }

    private static bool IsOfTypes(JsonElement value, ReadOnlySpan<string> types)
    {
        foreach (string type in types)
        {
            if (TokenizerJsonSplits.IsOfType(value, type))
            {
                return true;
            }
        }
        return false;
    }
}
