using System.Text.Json;
using System.Text.Json.Nodes;
using TransformerXL.Files;
using static TransformerXL.Interchange.HuggingFace.ConfigurationMembers;

namespace TransformerXL.Interchange.HuggingFace.Encoders;

/// <summary>The members of a <c>config.json</c> of Hugging Face's encoders that a model depends on. A value that is null is not in the file.</summary>
internal sealed record EncoderSettings
{
    public const double NormOfDistilBert = 1e-12;

    /// <summary><c>model_type</c>, such as <c>bert</c>.</summary>
    public required string Type { get; init; }

    /// <summary>The class that saved the model, such as <c>BertForMaskedLM</c>.</summary>
    public string? Class { get; init; }

    public int? VocabularySize { get; init; }

    public int? Layers { get; init; }

    public int? ModelSize { get; init; }

    public int? Heads { get; init; }

    public int? InnerSize { get; init; }

    public int? Positions { get; init; }

    public int? TokenTypes { get; init; }

    public int PaddingId { get; init; }

    public double Epsilon { get; init; } = NormOfDistilBert;

    public double Dropout { get; init; } = 0.1;

    public double AttentionDropout { get; init; } = 0.1;

    public double Deviation { get; init; } = 0.02;

    public bool Ties { get; init; } = true;

    /// <summary>The kind of encoder that a file describes; null if it is no readable configuration of one.</summary>
    public static EncoderLayout? LayoutOf(string path) => EncoderLayout.Find(ModelDescriptionJson.TypeOf(path));

    /// <summary>The member with the number of attention heads.</summary>
    public static string HeadsMember(EncoderLayout layout) => layout == EncoderLayout.DistilBert ? "n_heads" : "num_attention_heads";

    /// <summary>Reads a configuration.</summary>
    /// <exception cref="InputException">The file is damaged, or describes a model that is not supported; the message names the member.</exception>
    public static EncoderSettings Read(string path) =>
        ModelDescriptionJson.Read(path, "is not a usable configuration of an encoder", root => Parse(ModelDescriptionJson.RequireObject(root)));

    /// <summary>Writes a configuration.</summary>
    public JsonObject ToJson(EncoderLayout layout)
    {
        bool distil = layout == EncoderLayout.DistilBert;
        JsonObject json = new()
        {
            ["architectures"] = new JsonArray(Class),
            ["model_type"] = Type,
            ["vocab_size"] = VocabularySize,
            [distil ? "n_layers" : "num_hidden_layers"] = Layers,
            [distil ? "dim" : "hidden_size"] = ModelSize,
            [HeadsMember(layout)] = Heads,
            [distil ? "hidden_dim" : "intermediate_size"] = InnerSize,
            [distil ? "activation" : "hidden_act"] = "gelu",
            [distil ? "dropout" : "hidden_dropout_prob"] = Dropout,
            [distil ? "attention_dropout" : "attention_probs_dropout_prob"] = AttentionDropout,
            ["max_position_embeddings"] = Positions,
            ["initializer_range"] = Deviation,
            ["pad_token_id"] = PaddingId,
            ["tie_word_embeddings"] = Ties,
        };
        if (distil)
        {
            json["sinusoidal_pos_embds"] = false;
        }
        else
        {
            json["type_vocab_size"] = TokenTypes;
            json["layer_norm_eps"] = Epsilon;
            json["position_embedding_type"] = "absolute";
        }

        return json;
    }

    private static EncoderSettings Parse(JsonElement root)
    {
        string type = TextOf(root, "model_type") ?? "";
        EncoderLayout layout = EncoderLayout.Find(type) ?? throw new InputException($"'model_type' is '{InputText.Show(type)}', but must be one of {string.Join(", ", EncoderLayout.All.SelectMany(each => each.Types))}");
        bool distil = layout == EncoderLayout.DistilBert;
        RequireValue(root, distil ? "activation" : "hidden_act", "gelu");
        RequireValue(root, "position_embedding_type", "absolute");
        foreach (string name in new[] { "is_decoder", "add_cross_attention" })
        {
            Require.That(Flag(root, name) is not true, $"'{name}' is true, but only encoders are supported");
        }

        return new EncoderSettings
        {
            Type = type,
            Class = ClassOf(root),
            VocabularySize = Whole(root, "vocab_size"),
            Layers = Whole(root, distil ? "n_layers" : "num_hidden_layers"),
            ModelSize = Whole(root, distil ? "dim" : "hidden_size"),
            Heads = Whole(root, HeadsMember(layout)),
            InnerSize = Whole(root, distil ? "hidden_dim" : "intermediate_size"),
            Positions = Whole(root, "max_position_embeddings"),
            TokenTypes = distil ? null : Whole(root, "type_vocab_size"),
            PaddingId = Whole(root, "pad_token_id") ?? (layout.HasOffset ? 1 : 0),
            Epsilon = distil ? NormOfDistilBert : Number(root, "layer_norm_eps") ?? NormOfDistilBert,
            Dropout = Number(root, distil ? "dropout" : "hidden_dropout_prob") ?? 0.1,
            AttentionDropout = Number(root, distil ? "attention_dropout" : "attention_probs_dropout_prob") ?? 0.1,
            Deviation = Number(root, "initializer_range") ?? 0.02,
            Ties = Flag(root, "tie_word_embeddings") ?? true,
        };
    }
}
