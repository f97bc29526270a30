using TransformerXL.Models.Families;

namespace TransformerXL.Models;

/// <summary>A model of layers of long short-term memory (Hochreiter and Schmidhuber 1997).</summary>
public sealed record LstmConfiguration : RecurrentConfiguration
{
    internal override RecurrentCell Cell => RecurrentCell.Lstm;

    private protected override ModelFamily Descriptor => LstmFamily.Instance;
}
