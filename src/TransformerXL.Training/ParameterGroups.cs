using TransformerXL.Tensors.Autodiff;

namespace TransformerXL.Training;

/// <summary>Which parameters weight decay, clipping and matrix optimizers act on, by their roles.</summary>
internal static class ParameterGroups
{
    /// <summary>Whether weight decay acts on a parameter.</summary>
    public static bool Decays(Parameter parameter, DecayExclusions exclusions) => (GroupOf(parameter.Role.Kind) & exclusions) == 0;

    /// <summary>Whether a parameter is none of an embedding.</summary>
    public static bool IsNoEmbedding(Parameter parameter) => parameter.Role.Kind != ParameterKind.Embedding;

    /// <summary>Whether a parameter is a matrix or a table: neither of a normalisation nor a bias.</summary>
    public static bool IsMatrixOrTable(Parameter parameter) => parameter.Role.Kind is not (ParameterKind.Norm or ParameterKind.Bias);

    /// <summary>Of how many matrices, one below the other, a parameter of two axes consists if it is a weight of a layer; else 0.</summary>
    public static int HiddenMatrices(Parameter parameter) => parameter.Role.Matrices;

    private static DecayExclusions GroupOf(ParameterKind kind) => kind switch
    {
        ParameterKind.Embedding => DecayExclusions.Embeddings,
        ParameterKind.Norm => DecayExclusions.Norms,
        ParameterKind.Bias => DecayExclusions.Biases,
        _ => DecayExclusions.None,
    };
}
