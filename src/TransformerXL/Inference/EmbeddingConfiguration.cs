namespace TransformerXL.Inference;

/// <summary>How a model was trained to embed texts: the section <c>embedding</c> of <c>config.json</c> of an imported sentence encoder.</summary>
public sealed record EmbeddingConfiguration
{
    /// <summary>How the hidden states become one vector.</summary>
    public EmbeddingPooling Pooling { get; init; }

    /// <summary>Whether the vector is scaled to length 1.</summary>
    public bool Normalizes { get; init; }

    /// <summary>Checks every value.</summary>
    /// <exception cref="InputException">A value is not defined.</exception>
    public void Validate() => Require.Known("pooling", Pooling);
}
