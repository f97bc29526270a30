namespace TransformerXL.Tensors.Optimizers;

/// <summary>
/// The constants of a step of Adam (Kingma and Ba 2015), with the denominator of today's PyTorch:
/// m = b1 m + (1 - b1) g;  v = b2 v + (1 - b2) g^2;  x -= lr / (1 - b1^t) * m / (sqrt(v) / sqrt(1 - b2^t) + eps).
/// </summary>
internal struct AdamConstants
{
    /// <summary>The gradient is multiplied by this first: clipping and the mean over chunks need no separate pass.</summary>
    public float GradientScale;

    /// <summary>Added to the gradient, times the value (L2 regularisation).</summary>
    public float WeightDecay;

    /// <summary>The share of the value that is subtracted before the step (Loshchilov and Hutter 2019, AdamW).</summary>
    public float Shrinkage;

    public float Beta1, Beta2, Epsilon;

    /// <summary>1 - b1 and 1 - b2, rounded once.</summary>
    public float OneMinusBeta1, OneMinusBeta2;

    /// <summary>lr / (1 - b1^t).</summary>
    public float StepSize;

    /// <summary>1 / sqrt(1 - b2^t).</summary>
    public float SecondMomentScale;

    /// <summary>For values in bfloat16 and moments in fewer bits than float32: the seed of the random rounding, another one each step.</summary>
    public uint RoundingSeed;
}
