namespace TransformerXL.Tensors.Optimizers;

/// <summary>
/// The constants of a step of LAMB (You et al. 2020) on the values of one parameter, without bias correction, as in NVIDIA's edition of
/// Transformer-XL: m = b1 m + (1 - b1) g;  v = b2 v + (1 - b2) g^2;  u = m / (sqrt(v) + eps) + decay x;
/// x -= lr * trust * u, with trust = min(|x|, 10) / (|u| + eps), or 1 where either norm is zero.
/// </summary>
internal struct LambConstants
{
    /// <summary>The gradient is multiplied by this first.</summary>
    public float GradientScale;

    /// <summary>Added to the update, times the value.</summary>
    public float WeightDecay;

    public float Beta1, Beta2, Epsilon;

    /// <summary>1 - b1 and 1 - b2, rounded once.</summary>
    public float OneMinusBeta1, OneMinusBeta2;

    public double LearningRate;
}
