using System.Text.Json;
using TransformerXL.Files;

namespace TransformerXL.Interchange.HuggingFace;

/// <summary>The JSON of a TransfoXL configuration; fields for training or for other models are ignored.</summary>
internal static class TransfoXLConfigurationJson
{
    private const int LongestFile = 1 << 20;
    private const int MaxCutoffs = 64;
    private const string ModelType = "transfo-xl";

    private static readonly JsonReaderOptions Options = new() { MaxDepth = 32 };

    /// <exception cref="InputException">It is not JSON, or a field has a value that is not possible.</exception>
    public static TransfoXLConfiguration Read(ByteSource source)
    {
        Require.That(source.Length <= LongestFile, $"it has {source.Length} bytes, a configuration at most {LongestFile}");
        byte[] bytes = new byte[source.Length];
        source.Read(0, bytes);
        try
        {
            return Parse(bytes);
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            throw new InputException(JsonFault.Describe(bytes, new JsonDocumentOptions { MaxDepth = Options.MaxDepth }), fault);
        }
    }

    private static TransfoXLConfiguration Parse(byte[] bytes)
    {
        var reader = new Utf8JsonReader(bytes, Options);
        reader.Read();
        Require.That(reader.TokenType == JsonTokenType.StartObject, $"it is a JSON {reader.TokenType}, where an object is expected");
        var configuration = new TransfoXLConfiguration();
        HashSet<string> seen = new(StringComparer.Ordinal);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            string field = reader.GetString()!;
            Require.That(seen.Add(field), $"the field '{InputText.Show(field)}' occurs twice");
            reader.Read();
            configuration = With(configuration, field, ref reader);
        }

        // Only white space may follow; anything else makes the reader throw.
        reader.Read();
        Require.That(!seen.Contains("vocab_size") || !seen.Contains("n_token"), "it has both 'vocab_size' and its former name 'n_token'");
        return configuration;
    }

    public static void Write(Stream stream, TransfoXLConfiguration values)
    {
        using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true });
        json.WriteStartObject();
        json.WriteStartArray("architectures");
        json.WriteStringValue("TransfoXLLMHeadModel");
        json.WriteEndArray();
        json.WriteString("model_type", ModelType);
        json.WriteNumber("vocab_size", values.VocabularySize);
        json.WriteStartArray("cutoffs");
        foreach (int cutoff in values.Cutoffs)
        {
            json.WriteNumberValue(cutoff);
        }

        json.WriteEndArray();
        json.WriteNumber("d_model", values.ModelSize);
        json.WriteNumber("d_embed", values.EmbeddingSize);
        json.WriteNumber("n_head", values.Heads);
        json.WriteNumber("d_head", values.HeadSize);
        json.WriteNumber("d_inner", values.InnerSize);
        json.WriteNumber("div_val", values.DivisionValue);
        json.WriteBoolean("pre_lnorm", values.PreNorm);
        json.WriteNumber("n_layer", values.Layers);
        json.WriteNumber("mem_len", values.MemoryLength);
        if (values.TargetLength is { } target)
        {
            json.WriteNumber("tgt_len", target);
        }

        json.WriteNumber("clamp_len", values.ClampLength);
        json.WriteBoolean("same_length", values.SameLength);
        json.WriteBoolean("proj_share_all_but_first", values.ShareProjectionsButFirst);
        json.WriteNumber("attn_type", values.AttentionType);
        json.WriteBoolean("tie_word_embeddings", values.TieWeights);
        json.WriteBoolean("untie_r", values.UntieBiases);
        json.WriteNumber("dropout", values.Dropout);
        json.WriteNumber("dropatt", values.AttentionDropout);
        json.WriteNumber("layer_norm_epsilon", values.LayerNormEpsilon);
        json.WriteNumber("init_std", values.InitialDeviation);
        json.WriteNumber("proj_init_std", values.ProjectionDeviation);
        WriteEnd(json, values.EndId);
        json.WriteEndObject();
    }

    private static void WriteEnd(Utf8JsonWriter json, int? end)
    {
        if (end is { } id)
        {
            json.WriteNumber("eos_token_id", id);
        }
        else
        {
            json.WriteNull("eos_token_id");
        }
    }

    private static TransfoXLConfiguration With(TransfoXLConfiguration values, string field, ref Utf8JsonReader reader)
    {
        switch (field)
        {
            case "model_type":
                Require.That(reader.TokenType == JsonTokenType.String && reader.ValueTextEquals(ModelType), $"its model_type is not '{ModelType}'");
                return values;
            case "vocab_size" or "n_token": return values with { VocabularySize = Int32(field, ref reader) };
            case "cutoffs": return values with { Cutoffs = Cutoffs(ref reader) };
            case "d_model": return values with { ModelSize = Int32(field, ref reader) };
            case "d_embed": return values with { EmbeddingSize = Int32(field, ref reader) };
            case "n_head": return values with { Heads = Int32(field, ref reader) };
            case "d_head": return values with { HeadSize = Int32(field, ref reader) };
            case "d_inner": return values with { InnerSize = Int32(field, ref reader) };
            case "div_val": return values with { DivisionValue = Int32(field, ref reader) };
            case "pre_lnorm": return values with { PreNorm = Boolean(field, ref reader) };
            case "n_layer": return values with { Layers = Int32(field, ref reader) };
            case "mem_len": return values with { MemoryLength = Int32(field, ref reader) };
            case "tgt_len": return values with { TargetLength = reader.TokenType == JsonTokenType.Null ? null : Int32(field, ref reader) };
            case "clamp_len": return values with { ClampLength = Int32(field, ref reader) };
            case "same_length": return values with { SameLength = Boolean(field, ref reader) };
            case "proj_share_all_but_first": return values with { ShareProjectionsButFirst = Boolean(field, ref reader) };
            case "attn_type": return values with { AttentionType = Int32(field, ref reader) };
            case "tie_word_embeddings" or "tie_weight": return values with { TieWeights = Boolean(field, ref reader) && values.TieWeights };
            case "untie_r": return values with { UntieBiases = Boolean(field, ref reader) };
            case "dropout": return values with { Dropout = Number(field, ref reader) };
            case "dropatt": return values with { AttentionDropout = Number(field, ref reader) };
            case "layer_norm_epsilon": return values with { LayerNormEpsilon = Number(field, ref reader) };
            case "init_std": return values with { InitialDeviation = Number(field, ref reader) };
            case "proj_init_std": return values with { ProjectionDeviation = Number(field, ref reader) };
            case "eos_token_id": return values with { EndId = reader.TokenType == JsonTokenType.Null ? null : Int32(field, ref reader) };
            default:
                reader.Skip();
                return values;
        }
    }

    private static List<int> Cutoffs(ref Utf8JsonReader reader)
    {
        Require.That(reader.TokenType == JsonTokenType.StartArray, "cutoffs are not a list");
        List<int> cutoffs = [];
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            Require.That(cutoffs.Count < MaxCutoffs, $"there are more than {MaxCutoffs} cutoffs");
            cutoffs.Add(Int32("cutoffs", ref reader));
        }

        return cutoffs;
    }

    private static int Int32(string field, ref Utf8JsonReader reader) =>
        reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out int value) ? value : throw Wrong(field, "a whole number of 32 bits");

    private static double Number(string field, ref Utf8JsonReader reader) =>
        reader.TokenType == JsonTokenType.Number && reader.TryGetDouble(out double value) ? value : throw Wrong(field, "a number");

    private static bool Boolean(string field, ref Utf8JsonReader reader) =>
        reader.TokenType is JsonTokenType.True or JsonTokenType.False ? reader.GetBoolean() : throw Wrong(field, "true or false");

    private static InputException Wrong(string field, string wanted) => new($"'{field}' is not {wanted}");
}
