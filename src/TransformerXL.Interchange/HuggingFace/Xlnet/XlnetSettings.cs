using System.Text.Json;
using System.Text.Json.Nodes;
using TransformerXL.Files;
using TransformerXL.Models;
using static TransformerXL.Interchange.HuggingFace.ConfigurationMembers;

namespace TransformerXL.Interchange.HuggingFace.Xlnet;

/// <summary>
/// The members of a <c>config.json</c> of Hugging Face's XLNet that a model depends on. A value that is null is not in the file. Its other members change nothing that is computed here: <c>untie_r</c>,
/// because each layer has stored biases of its own.
/// </summary>
internal sealed record XlnetSettings
{
    /// <summary>The <c>model_type</c>.</summary>
    public const string Type = "xlnet";

    /// <summary>The class that saved the model, such as <c>XLNetLMHeadModel</c>.</summary>
    public string? Class { get; init; }

    public int? VocabularySize { get; init; }

    public int? Layers { get; init; }

    public int? ModelSize { get; init; }

    public int? Heads { get; init; }

    public int? HeadSize { get; init; }

    public int? InnerSize { get; init; }

    public double Epsilon { get; init; } = 1e-12;

    public double Dropout { get; init; } = 0.1;

    public double Deviation { get; init; } = 0.02;

    public int MemoryLength { get; init; }

    /// <summary>States of each segment that enter the memory, the first ones; 0 for all.</summary>
    public int ReuseLength { get; init; }

    public int ClampLength { get; init; }

    /// <summary>The length of a segment, which Hugging Face's configuration does not have.</summary>
    public int? SegmentLength { get; init; }

    public bool Ties { get; init; } = true;

    /// <summary>The pooling of a head for texts, whether a linear map follows it, and its activation.</summary>
    public (string Type, bool HasProjection, string? Activation) Summary { get; init; } = ("last", true, "tanh");

    /// <summary>An encoder with what XLNet has in place of BERT's parts (Yang et al. 2019).</summary>
    public static EncoderConfiguration Parts(EncoderConfiguration configuration) => configuration with
    {
        Positions = EncoderPositions.Relative,
        TokenTypes = 0,
        RelativeSegments = true,
        TwoStreams = true,
        OmitsEmbeddingNorm = true,
        OmitsAttentionBiases = true,
        OmitsPredictionTransform = true,
    };

    /// <summary>Reads a configuration.</summary>
    /// <exception cref="InputException">The file is damaged, or describes a model that is not supported; the message names the member.</exception>
    public static XlnetSettings Read(string path) =>
        ModelDescriptionJson.Read(path, "is not a usable configuration of XLNet", root => Parse(ModelDescriptionJson.RequireObject(root)));

    /// <summary>Writes a configuration.</summary>
    /// <param name="path">The file.</param>
    /// <param name="paddingId">The padding.</param>
    public void Write(string path, int? paddingId)
    {
        JsonObject json = new()
        {
            ["architectures"] = new JsonArray(Class),
            ["model_type"] = Type,
            ["vocab_size"] = VocabularySize,
            ["d_model"] = ModelSize,
            ["n_layer"] = Layers,
            ["n_head"] = Heads,
            ["d_head"] = ModelSize / Heads,
            ["d_inner"] = InnerSize,
            ["ff_activation"] = "gelu",
            ["attn_type"] = "bi",
            ["untie_r"] = true,
            ["bi_data"] = false,
            ["same_length"] = false,
            ["clamp_len"] = ClampLength > 0 ? ClampLength : -1,
            ["mem_len"] = MemoryLength > 0 ? MemoryLength : null,
            ["reuse_len"] = null,
            ["segment_length"] = SegmentLength,
            ["layer_norm_eps"] = Epsilon,
            ["dropout"] = Dropout,
            ["initializer_range"] = Deviation,
            ["summary_type"] = Summary.Type,
            ["summary_use_proj"] = Summary.HasProjection,
            ["summary_activation"] = Summary.Activation,
            ["tie_word_embeddings"] = Ties,
            ["pad_token_id"] = paddingId,
        };
        AtomicFile.Write(path, stream =>
        {
            using Utf8JsonWriter writer = new(stream, new JsonWriterOptions { Indented = true });
            json.WriteTo(writer);
        });
    }

    private static XlnetSettings Parse(JsonElement root)
    {
        RequireValue(root, "ff_activation", "gelu");
        RequireValue(root, "attn_type", "bi");
        Require.That(Flag(root, "bi_data") is not true, "'bi_data' is true, which reverses positions in half of a batch of the pre-training; false is supported");
        return new XlnetSettings
        {
            Class = ClassOf(root),
            VocabularySize = Whole(root, "vocab_size") ?? Whole(root, "n_token"),
            Layers = Whole(root, "n_layer"),
            ModelSize = Whole(root, "d_model"),
            Heads = Whole(root, "n_head"),
            HeadSize = Whole(root, "d_head"),
            InnerSize = Whole(root, "d_inner"),
            Epsilon = Number(root, "layer_norm_eps") ?? 1e-12,
            Dropout = Number(root, "dropout") ?? 0.1,
            Deviation = Number(root, "initializer_range") ?? 0.02,
            MemoryLength = Limit(root, "mem_len") ?? 0,
            ReuseLength = Limit(root, "reuse_len") ?? 0,
            ClampLength = Limit(root, "clamp_len") ?? 0,
            SegmentLength = Whole(root, "segment_length"),
            Ties = Flag(root, "tie_word_embeddings") ?? true,
            Summary = (TextOf(root, "summary_type") ?? "last", Flag(root, "summary_use_proj") ?? true, root.TryGetProperty("summary_activation", out _) ? TextOf(root, "summary_activation") : "tanh"),
        };
    }
}
