namespace TransformerXL.Tensors;

/// <summary>The function that is applied to each output of a linear layer.</summary>
public enum Activation
{
    /// <summary>x itself.</summary>
    None,

    /// <summary>max(x, 0).</summary>
    Relu,

    /// <summary>x Φ(x), Φ being the normal distribution function (Hendrycks and Gimpel 2016); the exact form, not that of the hyperbolic tangent.</summary>
    Gelu,
}
