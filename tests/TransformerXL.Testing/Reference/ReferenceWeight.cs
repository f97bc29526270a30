using TransformerXL.Tensors;
using TransformerXL.Tensors.Inference;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Testing.Reference;

/// <summary>A weight as a matrix of rounded values.</summary>
internal sealed class ReferenceWeight(Tensor weight, Precision precision) : InferenceWeight(weight, precision)
{
    /// <summary>The rounded values: (out, in).</summary>
    public Tensor Values { get; } = ReferenceBackend.Rounded(weight, precision);

    public override long Bytes => Values.Count * sizeof(float);

    internal override int RowMultiple => 1;
}
