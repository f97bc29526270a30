using TransformerXL.Interchange.PyTorch;
using TransformerXL.Models.Families;

namespace TransformerXL.Interchange;

/// <summary>The attributes of the reference's model object, which <c>torch.save(model)</c> stores with the tensors.</summary>
internal static class PickledModel
{
    public static ModelDescription Describe(TorchValue root)
    {
        if (root.Kind != TorchValueKind.Instance)
        {
            return root.TryGet("model_config", out TorchValue? configuration) && configuration.Kind == TorchValueKind.Dictionary
                ? OfCheckpoint(configuration)
                : new ModelDescription();
        }

        TorchValue? attention = Inside(root, "_modules", "layers", "_modules", "0", "_modules", "dec_attn");
        TorchValue? softmax = Inside(root, "_modules", "crit"), embedding = Inside(root, "_modules", "word_emb");
        return new ModelDescription
        {
            Family = Whole(root, "attn_type") is { } type ? ModelFamily.OfAttentionType(type) : null,
            VocabularySize = Whole(root, "n_token"),
            Layers = Whole(root, "n_layer"),
            ModelSize = Whole(root, "d_model"),
            Heads = Whole(root, "n_head"),
            HeadSize = Whole(root, "d_head"),
            EmbeddingSize = Whole(root, "d_embed"),
            Cutoffs = Cutoffs(softmax),
            EmbeddingDivisor = Whole(embedding, "div_val"),
            PreNorm = Flag(attention, "pre_lnorm"),
            Dropout = Number(Inside(root, "_modules", "drop"), "p"),
            AttentionDropout = Number(Inside(attention, "_modules", "dropatt"), "p"),
            TargetLength = Whole(root, "tgt_len"),
            MemoryLength = Whole(root, "mem_len"),
            ExtendedLength = Whole(root, "ext_len"),
            ClampLength = Whole(root, "clamp_len") is { } clamp ? Math.Max(0, clamp) : null,
            SameLength = Flag(root, "same_length"),
        };
    }

    /// <summary>A checkpoint of NVIDIA's edition has the arguments of its model in a dictionary.</summary>
    private static ModelDescription OfCheckpoint(TorchValue arguments) => new()
    {
        Family = Whole(arguments, "attn_type") is { } type ? ModelFamily.OfAttentionType(type) : null,
        VocabularySize = Whole(arguments, "n_token"),
        Layers = Whole(arguments, "n_layer"),
        ModelSize = Whole(arguments, "d_model"),
        Heads = Whole(arguments, "n_head"),
        HeadSize = Whole(arguments, "d_head"),
        InnerSize = Whole(arguments, "d_inner"),
        EmbeddingSize = Whole(arguments, "d_embed"),
        Cutoffs = Numbers(arguments, "cutoffs"),
        EmbeddingDivisor = Whole(arguments, "div_val"),
        PreNorm = Flag(arguments, "pre_lnorm"),
        TieWeights = Flag(arguments, "tie_weight"),
        Dropout = Number(arguments, "dropout"),
        AttentionDropout = Number(arguments, "dropatt"),
        TargetLength = Whole(arguments, "tgt_len"),
        MemoryLength = Whole(arguments, "mem_len"),
        ExtendedLength = Whole(arguments, "ext_len"),
        ClampLength = Whole(arguments, "clamp_len") is { } clamp ? Math.Max(0, clamp) : null,
        SameLength = Flag(arguments, "same_length"),
        // NVIDIA's edition updates the memory correctly, but still adds absolute positions in place.
        ReferenceQuirks = Whole(arguments, "attn_type") is 0 or 1 ? false : null,
    };

    /// <summary>The softmax stores the cutoffs with the vocabulary size at the end.</summary>
    private static int[]? Cutoffs(TorchValue? softmax) => Numbers(softmax, "cutoffs") is { Length: > 0 } ends ? ends[..^1] : null;

    private static int[]? Numbers(TorchValue? value, string name) =>
        Attribute(value, name) is { Kind: TorchValueKind.List, Items: { Count: <= 64 } numbers } && numbers.All(number => number.Kind == TorchValueKind.WholeNumber)
            ? [.. numbers.Select(number => (int)Math.Clamp(number.AsNumber(), -1, int.MaxValue))]
            : null;

    private static TorchValue? Inside(TorchValue? value, params ReadOnlySpan<string> path)
    {
        foreach (string name in path)
        {
            value = Attribute(value, name);
        }

        return value;
    }

    private static TorchValue? Attribute(TorchValue? value, string name) => value is not null && value.TryGet(name, out TorchValue? inner) ? inner : null;

    private static int? Whole(TorchValue? value, string name) =>
        Attribute(value, name) is { Kind: TorchValueKind.WholeNumber } number && number.AsBigInteger() >= int.MinValue && number.AsBigInteger() <= int.MaxValue
            ? (int)number.AsInteger()
            : null;

    private static double? Number(TorchValue? value, string name) =>
        Attribute(value, name) is { Kind: TorchValueKind.Number or TorchValueKind.WholeNumber } number ? number.AsNumber() : null;

    private static bool? Flag(TorchValue? value, string name) => Attribute(value, name) is { Kind: TorchValueKind.Boolean } flag ? flag.AsBoolean() : null;
}
