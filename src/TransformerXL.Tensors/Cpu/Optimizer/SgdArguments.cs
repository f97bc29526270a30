using TransformerXL.Tensors.Optimizers;

namespace TransformerXL.Tensors.Cpu.Optimizer;

/// <summary>One step of stochastic gradient descent on a run of values; <see cref="SgdConstants"/> has the formula.</summary>
internal unsafe struct SgdArguments
{
    public long Count;
    public float* Value, Gradient;

    /// <summary>b; null without momentum.</summary>
    public float* Velocity;

    public SgdConstants Constants;
}
