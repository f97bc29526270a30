namespace TransformerXL.Models;

/// <summary>What stands between the two linear maps of the feed-forward block.</summary>
public enum FeedForwardActivation
{
    /// <summary>max(0, x), as in the reference.</summary>
    Relu,

    /// <summary>x Phi(x), with the normal distribution function Phi (Hendrycks and Gimpel 2016).</summary>
    Gelu,
}
