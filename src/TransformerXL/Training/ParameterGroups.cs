using TransformerXL.Tensors.Autodiff;

namespace TransformerXL.Training;

/// <summary>Tells what a parameter is, by its name in the reference implementation.</summary>
internal static class ParameterGroups
{
    /// <summary>Whether weight decay acts on a parameter.</summary>
    public static bool Decays(Parameter parameter, DecayExclusions exclusions) => (GroupOf(parameter.Name) & exclusions) == 0;

    /// <summary>Whether a parameter is none of an embedding.</summary>
    public static bool IsNoEmbedding(Parameter parameter) => GroupOf(parameter.Name) != DecayExclusions.Embeddings;

    /// <summary>Of how many matrices, one below the other, a parameter of two axes is made if it is a weight of a layer; else 0.</summary>
    public static int HiddenMatrices(Parameter parameter)
    {
        string name = parameter.Name;
        return GroupOf(name) != DecayExclusions.None || name.StartsWith("crit.", StringComparison.Ordinal) ? 0
            : name.StartsWith("rnn.", StringComparison.Ordinal) ? 4
            : name.EndsWith(".qkv_net.weight", StringComparison.Ordinal) ? 3
            : name.EndsWith(".kv_net.weight", StringComparison.Ordinal) ? 2
            : 1;
    }

    private static DecayExclusions GroupOf(string name)
    {
        if (name.StartsWith("word_emb.", StringComparison.Ordinal) || name is "r_emb" or "encoder.weight")
        {
            return DecayExclusions.Embeddings;
        }

        return name.Contains("layer_norm", StringComparison.Ordinal) ? DecayExclusions.Norms
            : name.AsSpan(name.LastIndexOf('.') + 1).Contains("bias", StringComparison.Ordinal) ? DecayExclusions.Biases
            : DecayExclusions.None;
    }
}
