using TransformerXL.Tensors.Random;

namespace TransformerXL.Tensors.Cpu.LayerNorm;

/// <summary>
/// Layer normalisation of rows (Ba, Kiros, Hinton 2016), fused with the residual sum before it: s = residual + dropout(x),
/// y = gain * (s - mean) / sqrt(variance + epsilon) + bias, the variance being the biased one.
/// </summary>
internal unsafe struct LayerNormArguments
{
    public int Rows, Columns;

    /// <summary>x (Rows, Columns).</summary>
    public float* Input;

    /// <summary>Added to the input; null if there is none.</summary>
    public float* Residual;

    public DropoutMask Dropout;

    /// <summary>Added to the variance.</summary>
    public float Epsilon;

    public float* Gain, Bias;

    /// <summary>s, kept for the backward pass; may be the input itself, and must be if nothing is added or dropped.</summary>
    public float* Sum;

    /// <summary>Mean and 1 / standard deviation of each row, kept for the backward pass.</summary>
    public float* Mean, InverseDeviation;

    public float* Output;
}

/// <summary>Gradients of a layer normalisation. Null pointers are not written.</summary>
internal unsafe struct LayerNormGradients
{
    public float* Output;
    public float* Input, Residual;
    public bool AddToInput, AddToResidual;

    /// <summary>Added to.</summary>
    public float* Gain, Bias;
}
