using TransformerXL.Models.Families;

namespace TransformerXL.Models;

/// <summary>A model with memory and relative positions from sinusoids: Dai et al. 2019, section 3.3 (attention type 0 of the reference).</summary>
public sealed record TransformerXLConfiguration : AttentionConfiguration
{
    /// <summary>Whether each layer has biases u and v of its own (<c>untie_r</c>) instead of sharing one pair.</summary>
    public bool UntieBiases { get; init; }

    private protected override ModelFamily Descriptor => TransformerXLFamily.Instance;
}
