using TransformerXL.Models.Families;

namespace TransformerXL.Models;

/// <summary>A model of layers of gated recurrent units (Cho et al. 2014).</summary>
public sealed record GruConfiguration : RecurrentConfiguration
{
    internal override RecurrentCell Cell => RecurrentCell.Gru;

    private protected override ModelFamily Descriptor => GruFamily.Instance;
}
