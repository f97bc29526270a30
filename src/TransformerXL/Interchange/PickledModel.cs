using TransformerXL.Formats;
using TransformerXL.Models;

namespace TransformerXL.Interchange;

/// <summary>The attributes of the reference's model object, as <c>torch.save(model)</c> keeps them beside the tensors.</summary>
internal static class PickledModel
{
    public static ModelDescription Describe(TorchValue root)
    {
        if (root.Kind != TorchValueKind.Instance)
        {
            return new ModelDescription();
        }

        TorchValue? attention = Inside(root, "_modules", "layers", "_modules", "0", "_modules", "dec_attn");
        TorchValue? softmax = Inside(root, "_modules", "crit"), embedding = Inside(root, "_modules", "word_emb");
        return new ModelDescription
        {
            Kind = Whole(root, "attn_type") is >= 0 and <= 3 and var kind ? (ModelKind)kind : null,
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

    /// <summary>The softmax keeps them with the size of the vocabulary at the end.</summary>
    private static int[]? Cutoffs(TorchValue? softmax) =>
        Attribute(softmax, "cutoffs") is { Kind: TorchValueKind.List, Items: { Count: > 0 and <= 64 } ends } && ends.All(end => end.Kind == TorchValueKind.WholeNumber)
            ? [.. ends.SkipLast(1).Select(end => (int)Math.Clamp(end.AsNumber(), -1, int.MaxValue))]
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
