namespace TransformerXL.Tensors.Autodiff;

/// <summary>The kinds of <see cref="ParameterRole"/>.</summary>
public enum ParameterKind
{
    /// <summary>A weight of a layer.</summary>
    Matrix,

    /// <summary>A table of tokens or positions, or a projection of one.</summary>
    Embedding,

    /// <summary>A matrix of the output layer.</summary>
    Output,

    /// <summary>A gain or bias of a normalisation.</summary>
    Norm,

    /// <summary>Added to values or scores.</summary>
    Bias,
}
