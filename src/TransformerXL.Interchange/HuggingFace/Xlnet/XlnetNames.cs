using TransformerXL.Models;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Interchange.HuggingFace.Xlnet;

/// <summary>
/// How Hugging Face's XLNet stores the parameters of an encoder. A projection of attention is (d, H, d_h): that of queries, keys, values and positions is the transpose of the one here, that of the
/// output has the same values. Of keys and values, which are one parameter here, each is stored alone.
/// </summary>
internal static class XlnetNames
{
    /// <summary>What the names of the encoder's own parameters begin with; a model without a head may have been saved without it.</summary>
    public const string Prefix = "transformer.";

    public const string Words = Prefix + "word_embedding.weight", Decoder = "lm_loss.weight", DecoderBias = "lm_loss.bias", Projection = "sequence_summary.summary.weight";

    private const string Attention = ".rel_attn.";

    /// <summary>The name of a stored tensor with the prefix.</summary>
    public static string Canonical(string stored) => stored == "mask_emb" || ((string[])["word_embedding.", "layer."]).Any(start => stored.StartsWith(start, StringComparison.Ordinal)) ? Prefix + stored : stored;

    /// <summary>The names of a parameter of the encoder; several are stacked in this order.</summary>
    public static string[] Of(string own)
    {
        string[] parts = own.Split('.');
        if (parts[0] != "layers")
        {
            return own switch
            {
                "word_emb.emb_layers.0.weight" => [Words],
                "query_emb.weight" => [Prefix + "mask_emb"],
                "crit.out_layers.0.weight" => [Decoder],
                "crit.out_layers.0.bias" => [DecoderBias],
                _ => throw new ArgumentException($"XLNet has no parameter {own}", nameof(own)),
            };
        }

        string layer = $"{Prefix}layer.{parts[1]}", end = string.Join('.', parts[2..]);
        return end switch
        {
            "attention.query.weight" => [layer + Attention + "q"],
            "attention.key_value.weight" => [layer + Attention + "k", layer + Attention + "v"],
            "attention.relative.weight" => [layer + Attention + "r"],
            "attention.output.weight" => [layer + Attention + "o"],
            _ when parts[2] == "attention" => [layer + Attention + string.Join('.', parts[3..])],
            _ => [$"{layer}.ff.{string.Join('.', parts[3..]).Replace("CoreNet.0", "layer_1", StringComparison.Ordinal).Replace("CoreNet.3", "layer_2", StringComparison.Ordinal)}"],
        };
    }

    /// <summary>The name of a parameter of a head.</summary>
    /// <param name="own">Its name here.</param>
    /// <param name="isOfText">Whether the head predicts something about a whole text.</param>
    public static string OfHead(string own, bool isOfText) => own switch
    {
        "pooler.dense.weight" => Projection,
        "pooler.dense.bias" => "sequence_summary.summary.bias",
        _ when isOfText => "logits_proj" + own[own.LastIndexOf('.')..],
        _ => own,
    };

    /// <summary>Whether a stored tensor is the transpose of the parameter here.</summary>
    public static bool IsTransposed(string stored) => stored.LastIndexOf('.') is var dot && stored[..(dot + 1)].EndsWith(Attention, StringComparison.Ordinal) && stored[(dot + 1)..] is "q" or "k" or "v" or "r";

    /// <summary>The axes of a stored tensor.</summary>
    /// <param name="stored">Its name.</param>
    /// <param name="own">The axes of the parameter here, or of its part.</param>
    /// <param name="model">The architecture.</param>
    public static Shape ShapeOf(string stored, Shape own, EncoderConfiguration model) =>
        IsTransposed(stored) || stored.EndsWith(Attention + "o", StringComparison.Ordinal) ? new Shape(model.ModelSize, model.Heads, model.HeadSize)
        : stored == Prefix + "mask_emb" ? new Shape(1, 1, model.ModelSize)
        : own;

    /// <summary>destination = source^T, of a matrix with as many columns.</summary>
    public static void Transpose(ReadOnlySpan<float> source, int columns, Span<float> destination)
    {
        int rows = source.Length / columns;
        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < columns; column++)
            {
                destination[(column * rows) + row] = source[(row * columns) + column];
            }
        }
    }
}
