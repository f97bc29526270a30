namespace TransformerXL.Training.Masking;

/// <summary>What a model that reads in both directions learns from a text.</summary>
public enum PretrainingObjective
{
    /// <summary>Masked tokens of a text (Devlin et al. 2019).</summary>
    MaskedTokens,

    /// <summary>Masked tokens of lines beside their translations (Conneau and Lample 2019, "translation language modelling").</summary>
    Translation,

    /// <summary>The last tokens of a random factorisation order, from those before them in it (Yang et al. 2019, "permutation language modelling").</summary>
    Permutation,
}
