using TransformerXL.Models.Families;

namespace TransformerXL.Models;

/// <summary>A model of simple recurrent layers (Elman 1990).</summary>
public sealed record RnnConfiguration : RecurrentConfiguration
{
    /// <summary>What a layer applies to its sums.</summary>
    public RnnNonlinearity Nonlinearity { get; init; }

    internal override RecurrentCell Cell => Nonlinearity == RnnNonlinearity.Relu ? RecurrentCell.Relu : RecurrentCell.Tanh;

    private protected override ModelFamily Descriptor => RnnFamily.Instance;

    /// <inheritdoc/>
    public override void Validate()
    {
        base.Validate();
        Require.Known("nonlinearity", Nonlinearity);
    }
}
