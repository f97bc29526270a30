namespace TransformerXL.Tensors;

/// <summary>A function of two values, computed element by element.</summary>
internal enum ElementwiseFunction
{
    /// <summary>a b.</summary>
    Product,

    /// <summary>tanh a; b is not used.</summary>
    Tanh,

    /// <summary>a (1 - b^2): the gradient of x from that of b = tanh x, which is a.</summary>
    TanhGradient,

    /// <summary>1 / (1 + exp(-a)); b is not used.</summary>
    Sigmoid,

    /// <summary>a b (1 - b): the gradient of x from that of b = sigmoid x, which is a.</summary>
    SigmoidGradient,
}
