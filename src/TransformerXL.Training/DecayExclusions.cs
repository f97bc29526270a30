namespace TransformerXL.Training;

/// <summary>Parameters that weight decay leaves alone.</summary>
[Flags]
public enum DecayExclusions
{
    /// <summary>It acts on all.</summary>
    None = 0,

    /// <summary>What is added: biases of layers and softmax, the global biases of attention.</summary>
    Biases = 1,

    /// <summary>Gains and biases of LayerNorm.</summary>
    Norms = 2,

    /// <summary>Tables of tokens and of learned positions, with their projections; also where the softmax shares them.</summary>
    Embeddings = 4,
}
