using TransformerXL.Tensors.Inference;

namespace TransformerXL.Testing.Reference;

/// <summary>A weight without further copies.</summary>
internal sealed class ReferencePreparedWeight(ReferenceWeight weight) : PreparedWeight
{
    public ReferenceWeight Weight { get; } = weight;

    public override int Outputs => Weight.Outputs;

    public override int Depth => Weight.Depth;

    public override long PackedBytes => 0;
}
