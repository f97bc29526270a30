using TransformerXL.Models.Families;

namespace TransformerXL.Models;

/// <summary>A model with sinusoids of absolute positions, added to the embeddings: Vaswani et al. 2017 (attention type 2 of the reference).</summary>
public sealed record VaswaniConfiguration : AttentionConfiguration
{
    private protected override ModelFamily Descriptor => VaswaniFamily.Instance;
}
