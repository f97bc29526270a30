using TransformerXL.Tensors.Optimizers;

namespace TransformerXL.Tensors.Cpu.Optimizer;

/// <summary>One step of Adagrad on a run of values; <see cref="AdagradConstants"/> has the formula.</summary>
internal unsafe struct AdagradArguments
{
    public long Count;
    public float* Value, Gradient, SquareSum;

    public AdagradConstants Constants;
}
