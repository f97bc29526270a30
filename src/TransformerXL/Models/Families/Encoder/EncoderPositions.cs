namespace TransformerXL.Models;

/// <summary>How an encoder knows the positions of tokens.</summary>
public enum EncoderPositions
{
    /// <summary>A learned row for each place of a segment, added to the embeddings (Devlin et al. 2019).</summary>
    Learned,

    /// <summary>Sinusoids of the place, added to the embeddings times sqrt(d) (Vaswani et al. 2017, section 3.5).</summary>
    Sinusoidal,

    /// <summary>Distances of both signs between query and key, from sinusoids (Dai et al. 2019, section 3.3, without its mask).</summary>
    Relative,
}
