using TransformerXL.Models.Families;

namespace TransformerXL.Models;

/// <summary>A model with a learned row and bias for each distance, in each layer: Shaw et al. 2018 (attention type 1 of the reference).</summary>
public sealed record ShawConfiguration : LearnedPositionsConfiguration
{
    private protected override ModelFamily Descriptor => ShawFamily.Instance;
}
