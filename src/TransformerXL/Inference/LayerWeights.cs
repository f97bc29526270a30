using TransformerXL.Models;
using TransformerXL.Tensors.Kernels;

namespace TransformerXL.Inference;

/// <summary>The matrices of a layer that hidden states are multiplied by.</summary>
internal sealed class LayerWeights(DecoderLayer layer, Precision precision)
{
    public SessionWeight QueryKeyValue { get; } = new(((RelativeAttention)layer.Attention).QueryKeyValue.Value, precision);

    public SessionWeight Output { get; } = new(layer.Attention.Output.Value, precision);

    public SessionWeight Inner { get; } = new(layer.FeedForward.Weight1.Value, precision);

    public SessionWeight Outer { get; } = new(layer.FeedForward.Weight2.Value, precision);

    /// <summary>Bytes of packed copies.</summary>
    public long PackedBytes => QueryKeyValue.PackedBytes + Output.PackedBytes + Inner.PackedBytes + Outer.PackedBytes;
}
