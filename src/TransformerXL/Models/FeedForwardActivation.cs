namespace TransformerXL.Models;

/// <summary>The activation between the two linear maps of the feed-forward block.</summary>
public enum FeedForwardActivation
{
    /// <summary>max(0, x), as in the reference.</summary>
    Relu,

    /// <summary>x Phi(x), with the normal distribution function Phi (Hendrycks and Gimpel 2016).</summary>
    Gelu,

    /// <summary>SiLU(u) v for two linear maps u and v of the input, SiLU(x) = x sigmoid(x) (Shazeer 2020).</summary>
    SwiGlu,

    /// <summary>GELU(u) v for two linear maps u and v of the input (Shazeer 2020).</summary>
    GeGlu,
}
