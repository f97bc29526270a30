using TransformerXL.Models.Families;

namespace TransformerXL.Models;

/// <summary>A model with learned absolute positions, added in each layer: Al-Rfou et al. 2018 (attention type 3 of the reference).</summary>
public sealed record AlRfouConfiguration : LearnedPositionsConfiguration
{
    private protected override ModelFamily Descriptor => AlRfouFamily.Instance;

    /// <inheritdoc/>
    public override void Validate()
    {
        base.Validate();
        int size = Resolve().HeadSize;
        Require.That(
            Heads * size == ModelSize,
            $"{Heads} heads of {size} are not the model size {ModelSize}, as learned positions in every layer need",
            nameof(HeadSize));
    }
}
