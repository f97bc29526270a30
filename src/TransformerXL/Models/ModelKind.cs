namespace TransformerXL.Models;

/// <summary>The architectures that the paper compares (Dai et al. 2019, section 4).</summary>
public enum ModelKind
{
    /// <summary>Memory and relative positions from sinusoids: Dai et al. 2019, section 3.3 (attention type 0 of the reference).</summary>
    TransformerXL,

    /// <summary>A learned row and bias for each distance, in each layer: Shaw et al. 2018 (attention type 1).</summary>
    Shaw,

    /// <summary>Sinusoids of absolute positions, added to the input: Vaswani et al. 2017 (attention type 2).</summary>
    Vaswani,

    /// <summary>Learned absolute positions, added in each layer: Al-Rfou et al. 2018 (attention type 3).</summary>
    AlRfou,

    /// <summary>Layers of long short-term memory, state carried from segment to segment (Hochreiter and Schmidhuber 1997).</summary>
    Lstm,
}
