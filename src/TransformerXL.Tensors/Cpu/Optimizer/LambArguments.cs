using TransformerXL.Tensors.Optimizers;

namespace TransformerXL.Tensors.Cpu.Optimizer;

/// <summary>One step of LAMB on the values of one parameter; <see cref="LambConstants"/> has the formula.</summary>
internal unsafe struct LambArguments
{
    public long Count;
    public float* Value, Gradient, FirstMoment, SecondMoment;

    public LambConstants Constants;
}
