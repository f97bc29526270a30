namespace TransformerXL.Tensors.Optimizers;

/// <summary>
/// The constants of a step of stochastic gradient descent, with PyTorch's momentum: b = mu b + share g;  x -= lr b, or,
/// after Nesterov (Sutskever et al. 2013), x -= lr (g + mu b); without momentum x -= lr g.
/// </summary>
internal struct SgdConstants
{
    /// <summary>The gradient is multiplied by this first.</summary>
    public float GradientScale;

    /// <summary>Added to the gradient, times the value (L2 regularisation).</summary>
    public float WeightDecay;

    /// <summary>mu.</summary>
    public float Momentum;

    /// <summary>1 less the dampening; 1 in the first step.</summary>
    public float GradientShare;

    public bool Nesterov;

    public float LearningRate;
}
