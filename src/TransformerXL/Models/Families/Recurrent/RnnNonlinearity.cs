namespace TransformerXL.Models;

/// <summary>What a simple recurrent layer applies to its sums.</summary>
public enum RnnNonlinearity
{
    /// <summary>The hyperbolic tangent.</summary>
    Tanh,

    /// <summary>max(x, 0).</summary>
    Relu,
}
