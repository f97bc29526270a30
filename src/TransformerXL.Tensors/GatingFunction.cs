namespace TransformerXL.Tensors;

/// <summary>The function that a gated linear unit applies to one of its halves before it multiplies them.</summary>
internal enum GatingFunction
{
    /// <summary>SiLU: x sigmoid(x).</summary>
    Silu,

    /// <summary>GELU: x Φ(x), Φ being the normal distribution function.</summary>
    Gelu,
}
