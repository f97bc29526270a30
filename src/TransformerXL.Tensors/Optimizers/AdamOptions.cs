namespace TransformerXL.Tensors.Optimizers;

/// <summary>The constants of <see cref="Adam"/>.</summary>
public sealed record AdamOptions
{
    /// <summary>Decay of the mean of gradients.</summary>
    public double Beta1 { get; init; } = 0.9;

    /// <summary>Decay of the mean of squared gradients.</summary>
    public double Beta2 { get; init; } = 0.999;

    /// <summary>Added to the denominator.</summary>
    public double Epsilon { get; init; } = 1e-8;

    /// <summary>Times the value, added to the gradient (L2 regularisation).</summary>
    public double WeightDecay { get; init; }

    /// <summary>Whether the denominator never shrinks (Reddi et al. 2018).</summary>
    public bool AmsGrad { get; init; }
}
