using System.Text.Json;
using TransformerXL.Files;
using TransformerXL.Models;
using TransformerXL.Models.Families;

namespace TransformerXL.Interchange;

/// <summary>The JSON of a <see cref="ModelDescription"/>: flat, under the names of the reference's options.</summary>
internal static class ModelDescriptionJson
{
    private const long MaxBytes = 1 << 20;
    private const int MaxCutoffs = 64;
    private const string Recurrent = "lstm", TransfoXL = "transfo-xl";

    /// <summary>Values of <c>model_type</c> that such a description may have.</summary>
    public static readonly string[] Types = [TransfoXL, Recurrent];

    public static readonly JsonDocumentOptions Options = new() { MaxDepth = 32, AllowDuplicateProperties = false };

    public static ModelDescription Read(string path) => Read(path, "is not a usable description of a model", root => Parse(RequireObject(root)));

    /// <summary>Reads a small file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="failure">What the file is not, as in "is not a usable description".</param>
    /// <param name="parse">Takes the values; an <see cref="InputException"/> or a string that cannot be decoded is reported with the file.</param>
    /// <exception cref="InputException">The file cannot be read; the message gives the reason, of faulty JSON with line and column.</exception>
    public static T Read<T>(string path, string failure, Func<JsonElement, T> parse)
    {
        byte[] content = ReadBounded(path);
        try
        {
            using JsonDocument document = JsonDocument.Parse(content, Options);
            return parse(document.RootElement);
        }
        // GetString throws InvalidOperationException for an escaped lone surrogate.
        catch (Exception fault) when (fault is JsonException or InvalidOperationException or InputException)
        {
            string what = fault is InputException ? InputText.Show(fault.Message) : JsonFault.Describe(content, Options);
            throw new InputException($"'{path}' {failure}: {what}", fault);
        }
    }

    /// <summary>The element, which must be an object.</summary>
    public static JsonElement RequireObject(JsonElement root) =>
        root.ValueKind == JsonValueKind.Object ? root : throw new InputException($"it is a JSON {root.ValueKind}, where an object is expected");

    /// <summary>Whether a file says that it is the configuration of Hugging Face's TransfoXL.</summary>
    public static bool IsHuggingFace(string path) => TypeOf(path) == TransfoXL;

    /// <summary>The <c>model_type</c> of a configuration of Hugging Face; null if it is none.</summary>
    public static string? TypeOf(string path)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(ReadBounded(path), Options);
            return document.RootElement.ValueKind == JsonValueKind.Object
                && document.RootElement.TryGetProperty("model_type", out JsonElement type)
                && type.ValueKind == JsonValueKind.String
                ? type.GetString()
                : null;
        }
        // An escaped lone surrogate is detected only when the text is compared; the code that reads the file reports it.
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    public static void Write(Stream stream, ModelDescription values)
    {
        using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true });
        json.WriteStartObject();
        if (values.Family is LstmFamily)
        {
            json.WriteString("model_type", Recurrent);
        }
        else
        {
            Write(json, "attn_type", values.Family?.AttentionType);
        }

        Write(json, "vocab_size", values.VocabularySize);
        Write(json, "n_layer", values.Layers);
        Write(json, "d_model", values.ModelSize);
        Write(json, "n_head", values.Heads);
        Write(json, "d_head", values.HeadSize);
        Write(json, "d_inner", values.InnerSize);
        Write(json, "d_embed", values.EmbeddingSize);
        WriteCutoffs(json, values.Cutoffs);
        Write(json, "div_val", values.EmbeddingDivisor);
        Write(json, "pre_lnorm", values.PreNorm);
        Write(json, "final_norm", values.FinalNorm);
        if (values.Activation is { } activation)
        {
            json.WriteString("activation", activation.ToString().ToLowerInvariant());
        }

        Write(json, "tie_weight", values.TieWeights);
        WriteTying(json, values);
        Write(json, "untie_r", values.UntieBiases);
        Write(json, "dropout", values.Dropout);
        Write(json, "dropatt", values.AttentionDropout);
        Write(json, "tgt_len", values.TargetLength);
        Write(json, "mem_len", values.MemoryLength);
        Write(json, "ext_len", values.ExtendedLength);
        Write(json, "clamp_len", values.ClampLength == 0 ? -1 : values.ClampLength);
        Write(json, "same_length", values.SameLength);
        Write(json, "reference_quirks", values.ReferenceQuirks);
        json.WriteEndObject();
    }

    private static ModelDescription Parse(JsonElement root) => new()
    {
        Family = FamilyOf(root),
        VocabularySize = Whole(root, "vocab_size") ?? Whole(root, "n_token"),
        Layers = Whole(root, "n_layer"),
        ModelSize = Whole(root, "d_model"),
        Heads = Whole(root, "n_head"),
        HeadSize = Whole(root, "d_head"),
        InnerSize = Whole(root, "d_inner"),
        EmbeddingSize = Whole(root, "d_embed"),
        Cutoffs = Cutoffs(root),
        EmbeddingDivisor = Whole(root, "div_val"),
        PreNorm = Flag(root, "pre_lnorm"),
        FinalNorm = Flag(root, "final_norm"),
        Activation = ActivationOf(root),
        TieWeights = Flag(root, "tie_weight") ?? Flag(root, "tie_word_embeddings"),
        TieProjections = Tying(root),
        UntieBiases = Flag(root, "untie_r"),
        Dropout = Number(root, "dropout"),
        AttentionDropout = Number(root, "dropatt"),
        TargetLength = Whole(root, "tgt_len"),
        MemoryLength = Whole(root, "mem_len"),
        ExtendedLength = Whole(root, "ext_len"),
        ClampLength = Whole(root, "clamp_len") is { } clamp ? Math.Max(0, clamp) : null,
        SameLength = Flag(root, "same_length"),
        ReferenceQuirks = Flag(root, "reference_quirks"),
    };

    private static ModelFamily? FamilyOf(JsonElement root)
    {
        if (Member(root, "model_type") is { ValueKind: JsonValueKind.String } type && type.ValueEquals(Recurrent))
        {
            return LstmFamily.Instance;
        }

        return Whole(root, "attn_type") is { } number
            ? ModelFamily.OfAttentionType(number) ?? throw new InputException($"'attn_type' is {number}, but must be from 0 to 3")
            : null;
    }

    private static FeedForwardActivation? ActivationOf(JsonElement root) => Member(root, "activation") switch
    {
        null => null,
        { ValueKind: JsonValueKind.String } name when name.ValueEquals("relu") => FeedForwardActivation.Relu,
        { ValueKind: JsonValueKind.String } name when name.ValueEquals("gelu") => FeedForwardActivation.Gelu,
        { ValueKind: JsonValueKind.String } name when name.ValueEquals("swiglu") => FeedForwardActivation.SwiGlu,
        { ValueKind: JsonValueKind.String } name when name.ValueEquals("geglu") => FeedForwardActivation.GeGlu,
        var other => throw new InputException($"'activation' is {InputText.Show(other.Value.GetRawText())}, but must be \"relu\", \"gelu\", \"swiglu\" or \"geglu\""),
    };

    private static List<int>? Cutoffs(JsonElement root)
    {
        if (Member(root, "cutoffs") is not { } list)
        {
            return null;
        }

        Require.That(list.ValueKind == JsonValueKind.Array && list.GetArrayLength() <= MaxCutoffs, $"'cutoffs' is not a list of at most {MaxCutoffs} token ids");
        return [.. list.EnumerateArray().Select(cutoff => Whole("cutoffs", cutoff))];
    }

    private static ProjectionTying? Tying(JsonElement root)
    {
        if (Member(root, "tie_projs") is not { } list)
        {
            return Flag(root, "proj_share_all_but_first") is { } share ? share ? ProjectionTying.AllButFirst : ProjectionTying.None : null;
        }

        bool isList = list.ValueKind == JsonValueKind.Array && list.GetArrayLength() is > 0 and <= MaxCutoffs
            && list.EnumerateArray().All(tie => tie.ValueKind is JsonValueKind.True or JsonValueKind.False);
        Require.That(isList, "'tie_projs' is not a list of true and false, one for each cluster");
        bool[] ties = [.. list.EnumerateArray().Select(tie => tie.GetBoolean())];
        return ties.All(tie => tie) ? ProjectionTying.All
            : ties.Length > 1 && !ties[0] && ties.Skip(1).All(tie => tie) ? ProjectionTying.AllButFirst
            : ties.Any(tie => tie) ? throw new InputException("'tie_projs' ties some clusters after the first and others not, which no model here does")
            : ProjectionTying.None;
    }

    private static JsonElement? Member(JsonElement root, string name) =>
        root.TryGetProperty(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value : null;

    private static int? Whole(JsonElement root, string name) => Member(root, name) is { } value ? Whole(name, value) : null;

    private static int Whole(string name, JsonElement value) => value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number)
        ? number
        : throw new InputException($"'{name}' is {InputText.Show(value.GetRawText())}, not a whole number of 32 bits");

    private static double? Number(JsonElement root, string name) => Member(root, name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Number } value when value.TryGetDouble(out double number) => number,
        var value => throw new InputException($"'{name}' is {InputText.Show(value.Value.GetRawText())}, not a number"),
    };

    private static bool? Flag(JsonElement root, string name) => Member(root, name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.True or JsonValueKind.False } value => value.GetBoolean(),
        var value => throw new InputException($"'{name}' is {InputText.Show(value.Value.GetRawText())}, neither true nor false"),
    };

    private static void Write(Utf8JsonWriter json, string name, int? value)
    {
        if (value is { } number)
        {
            json.WriteNumber(name, number);
        }
    }

    private static void Write(Utf8JsonWriter json, string name, double? value)
    {
        if (value is { } number)
        {
            json.WriteNumber(name, number);
        }
    }

    private static void Write(Utf8JsonWriter json, string name, bool? value)
    {
        if (value is { } flag)
        {
            json.WriteBoolean(name, flag);
        }
    }

    private static void WriteCutoffs(Utf8JsonWriter json, IReadOnlyList<int>? cutoffs)
    {
        if (cutoffs is not null)
        {
            json.WriteStartArray("cutoffs");
            foreach (int cutoff in cutoffs)
            {
                json.WriteNumberValue(cutoff);
            }

            json.WriteEndArray();
        }
    }

    private static void WriteTying(Utf8JsonWriter json, ModelDescription values)
    {
        if (values.TieProjections is { } tying)
        {
            json.WriteStartArray("tie_projs");
            for (int cluster = 0; cluster <= (values.Cutoffs?.Count ?? 0); cluster++)
            {
                json.WriteBooleanValue(tying == ProjectionTying.All || (tying == ProjectionTying.AllButFirst && cluster > 0));
            }

            json.WriteEndArray();
        }
    }

    /// <summary>The bytes of a description, which are few.</summary>
    public static byte[] ReadBounded(string path)
    {
        try
        {
            RegularFile.Require(path);
            using FileStream stream = File.OpenRead(path);
            Require.That(stream.Length <= MaxBytes, $"'{path}' has {stream.Length} bytes, the description of a model at most {MaxBytes}");
            byte[] content = new byte[stream.Length];
            stream.ReadExactly(content);
            return content;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new InputException($"'{path}' cannot be read: {FileFault.Reason(fault, path)}", fault);
        }
    }
}
