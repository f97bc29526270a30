using TransformerXL.Models;

namespace TransformerXL.Inference;

/// <summary>The matrices of a layer that hidden states are multiplied by.</summary>
internal sealed class LayerWeights(DecoderLayer layer)
{
    public SessionWeight QueryKeyValue { get; } = new(((RelativeAttention)layer.Attention).QueryKeyValue.Value);

    public SessionWeight Output { get; } = new(layer.Attention.Output.Value);

    public SessionWeight Inner { get; } = new(layer.FeedForward.Weight1.Value);

    public SessionWeight Outer { get; } = new(layer.FeedForward.Weight2.Value);

    /// <summary>Bytes of packed copies.</summary>
    public long PackedBytes => QueryKeyValue.PackedBytes + Output.PackedBytes + Inner.PackedBytes + Outer.PackedBytes;
}
