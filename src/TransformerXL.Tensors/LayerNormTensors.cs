using TransformerXL.Tensors.Memory;
using TransformerXL.Tensors.Random;

namespace TransformerXL.Tensors;

/// <inheritdoc cref="Cpu.LayerNorm.LayerNormArguments"/>
internal struct LayerNormTensors
{
    /// <summary>x (rows, columns).</summary>
    public Tensor Input;

    /// <summary>Added to the input; empty if there is none.</summary>
    public Tensor Residual;

    public DropoutMask Dropout;

    /// <summary>Added to the variance.</summary>
    public float Epsilon;

    public Tensor Gain, Bias;

    /// <summary>s, kept for the backward pass; may be the input itself, and must be if nothing is added or dropped.</summary>
    public Tensor Sum;

    /// <summary>(2, rows): mean and 1 / standard deviation of each row, kept for the backward pass.</summary>
    public Tensor Statistics;

    public Tensor Output;
}

/// <summary>Gradients of a layer normalisation. Empty tensors are not written.</summary>
internal struct LayerNormTensorGradients
{
    public Tensor Output;
    public Tensor Input, Residual;
    public bool AddToInput, AddToResidual;

    /// <summary>Added to.</summary>
    public Tensor Gain, Bias;
}
