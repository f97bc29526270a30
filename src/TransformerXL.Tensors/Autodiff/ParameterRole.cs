namespace TransformerXL.Tensors.Autodiff;

/// <summary>
/// The role of a parameter in its model, set where the parameter is created. Optimizers, weight decay and clipping read it, so that
/// no code parses names.
/// </summary>
public readonly record struct ParameterRole
{
    private ParameterRole(ParameterKind kind, int matrices) => (Kind, Matrices) = (kind, matrices);

    /// <summary>A table of tokens or positions, or a projection of one.</summary>
    public static ParameterRole Embedding { get; } = new(ParameterKind.Embedding, 0);

    /// <summary>A matrix of the output layer: a row for each token or class.</summary>
    public static ParameterRole Output { get; } = new(ParameterKind.Output, 0);

    /// <summary>A gain or bias of a normalisation.</summary>
    public static ParameterRole Norm { get; } = new(ParameterKind.Norm, 0);

    /// <summary>Added to values or scores.</summary>
    public static ParameterRole Bias { get; } = new(ParameterKind.Bias, 0);

    /// <summary>The kind.</summary>
    public ParameterKind Kind { get; }

    /// <summary>For a weight of a layer, the number of matrices of the same height stacked in it; otherwise 0.</summary>
    public int Matrices { get; }

    /// <summary>A weight of a layer.</summary>
    /// <param name="matrices">The number of matrices of the same height stacked in it: 3 for queries, keys and values in one weight.</param>
    public static ParameterRole Matrix(int matrices = 1) => new(ParameterKind.Matrix, matrices);
}
