using System.Text.Json;
using TransformerXL.Text.BytePairs.AddedTokens;

namespace TransformerXL.Text.BytePairs;

/// <summary>Writes the members of a <c>tokenizer.json</c>.</summary>
internal static class TokenizerJsonWriter
{
    public static void Write(BytePairModel model, Utf8JsonWriter writer)
    {
        writer.WriteString("version", TokenizerJson.Version);
        writer.WriteNull("truncation");
        writer.WriteNull("padding");
        writer.WriteStartArray("added_tokens");
        foreach (AddedToken token in model.Added)
        {
            Write(writer, token);
        }
        writer.WriteEndArray();
        WriteNormalizer(writer, model.Rules);
        TokenizerJsonSplits.Write(writer, model.Rules);
        WriteTemplate(model, writer);
        writer.WritePropertyName("decoder");
        TokenizerJsonSplits.WriteByteLevel(writer, model.Rules.AddsPrefixSpace, usesRegex: true);
        WriteModel(model, writer);
    }

    /// <summary>The tokens around a text and between two of a vocabulary of an encoder.</summary>
    private static void WriteTemplate(BytePairModel model, Utf8JsonWriter writer)
    {
        if (model.EncoderTokens is not { } tokens || !model.SpecialTokens.TryGetValue(tokens.Class, out int first) || !model.SpecialTokens.TryGetValue(tokens.Separator, out int separator))
        {
            writer.WriteNull("post_processor");
            return;
        }

        writer.WriteStartObject("post_processor");
        writer.WriteString("type", tokens.Processor);
        foreach ((string member, string name, int id) in new[] { ("sep", tokens.Separator, separator), ("cls", tokens.Class, first) })
        {
            writer.WriteStartArray(member);
            writer.WriteStringValue(name);
            writer.WriteNumberValue(id);
            writer.WriteEndArray();
        }

        if (tokens == EncoderTokens.Roberta)
        {
            writer.WriteBoolean("trim_offsets", true);
            writer.WriteBoolean("add_prefix_space", model.Rules.AddsPrefixSpace);
        }

        writer.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter writer, AddedToken token)
    {
        writer.WriteStartObject();
        writer.WriteNumber("id", token.Id);
        writer.WriteString("content", token.Text);
        writer.WriteBoolean("single_word", false);
        writer.WriteBoolean("lstrip", token.TakesSpaceBefore);
        writer.WriteBoolean("rstrip", token.TakesSpaceAfter);
        writer.WriteBoolean("normalized", token.IsNormalized);
        writer.WriteBoolean("special", token.IsSpecial);
        writer.WriteEndObject();
    }

    private static void WriteNormalizer(Utf8JsonWriter writer, BytePairRules rules)
    {
        if (!rules.Normalizes)
        {
            writer.WriteNull("normalizer");
            return;
        }
        writer.WriteStartObject("normalizer");
        writer.WriteString("type", "NFC");
        writer.WriteEndObject();
    }

    private static void WriteModel(BytePairModel model, Utf8JsonWriter writer)
    {
        string?[] names = model.Names();
        writer.WriteStartObject("model");
        writer.WriteString("type", "BPE");
        writer.WriteNull("dropout");
        writer.WriteNull("unk_token");
        writer.WriteString("continuing_subword_prefix", "");
        writer.WriteString("end_of_word_suffix", "");
        writer.WriteBoolean("fuse_unk", false);
        if (model.Rules.IgnoresMerges)
        {
            writer.WriteBoolean("ignore_merges", true);
        }
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
