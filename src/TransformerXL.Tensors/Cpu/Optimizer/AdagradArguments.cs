namespace TransformerXL.Tensors.Cpu.Optimizer;

/// <summary>One step of Adagrad (Duchi et al. 2011) on a run of values: s += g^2;  x -= lr g / (sqrt(s) + eps).</summary>
internal unsafe struct AdagradArguments
{
    public long Count;
    public float* Value, Gradient, SquareSum;

    /// <summary>The gradient is multiplied by this first.</summary>
    public float GradientScale;

    /// <summary>Added to the gradient, times the value (L2 regularisation).</summary>
    public float WeightDecay;

    public float Epsilon, LearningRate;
}
