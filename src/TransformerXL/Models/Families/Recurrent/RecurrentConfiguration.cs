using System.Text.Json.Serialization;

namespace TransformerXL.Models;

/// <summary>
/// Layers that pass a state from token to token. Only clusters of the vocabulary bring projections of their embeddings, of other sizes than those
/// of their softmax.
/// </summary>
public abstract record RecurrentConfiguration : ModelConfiguration
{
    private protected RecurrentConfiguration()
    {
    }

    /// <summary>
    /// Whether each layer reads in both directions, each with <see cref="ModelConfiguration.ModelSize"/> hidden units, and gives their states side by
    /// side (Schuster and Paliwal 1997). The model then is an encoder for tasks and no language model.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Bidirectional { get; init; }

    /// <inheritdoc/>
    [JsonIgnore]
    public override bool IsCausal => !Bidirectional;

    /// <inheritdoc/>
    [JsonIgnore]
    public override int HiddenWidth => Directions * StateWidth;

    /// <summary>The size of the hidden state of one direction.</summary>
    [JsonIgnore]
    public virtual int StateWidth => ModelSize;

    /// <summary>1 or 2.</summary>
    internal int Directions => Bidirectional ? 2 : 1;

    /// <summary>The cells of the layers.</summary>
    internal abstract RecurrentCell Cell { get; }

    /// <summary>Matrices of a layer's weights.</summary>
    internal int Gates => Cell switch
    {
        RecurrentCell.Lstm => 4,
        RecurrentCell.Gru => 3,
        _ => 1,
    };
}
