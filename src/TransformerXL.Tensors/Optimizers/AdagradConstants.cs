namespace TransformerXL.Tensors.Optimizers;

/// <summary>The constants of a step of Adagrad (Duchi et al. 2011): s += g^2;  x -= lr g / (sqrt(s) + eps).</summary>
internal struct AdagradConstants
{
    /// <summary>The gradient is multiplied by this first.</summary>
    public float GradientScale;

    /// <summary>Added to the gradient, times the value (L2 regularisation).</summary>
    public float WeightDecay;

    public float Epsilon, LearningRate;
}
