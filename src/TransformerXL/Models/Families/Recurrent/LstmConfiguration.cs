using System.Text.Json.Serialization;
using TransformerXL.Models.Families;

namespace TransformerXL.Models;

/// <summary>A model of layers of long short-term memory (Hochreiter and Schmidhuber 1997).</summary>
public sealed record LstmConfiguration : RecurrentConfiguration
{
    /// <summary>P: the size of hidden states, projected from H cells as <c>proj_size</c> of PyTorch (Sak, Senior, Beaufays 2014); 0 for no projection, so that it is H.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int ProjectionSize { get; init; }

    /// <inheritdoc/>
    [JsonIgnore]
    public override int StateWidth => ProjectionSize == 0 ? ModelSize : ProjectionSize;

    internal override RecurrentCell Cell => RecurrentCell.Lstm;

    private protected override ModelFamily Descriptor => LstmFamily.Instance;

    /// <inheritdoc/>
    public override void Validate()
    {
        base.Validate();
        Require.Between("projection size", ProjectionSize, 0, ModelSize - 1L, nameof(ProjectionSize));
    }
}
