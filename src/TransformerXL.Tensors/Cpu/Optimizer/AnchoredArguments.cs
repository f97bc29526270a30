using TransformerXL.Tensors.Optimizers;

namespace TransformerXL.Tensors.Cpu.Optimizer;

/// <summary>One step towards an anchor on a run of values; <see cref="AnchoredConstants"/> has the formula.</summary>
internal unsafe struct AnchoredArguments
{
    public long Count;
    public float* Value, Anchor;

    /// <summary>g; null to pull the values back only.</summary>
    public float* Gradient;

    /// <summary>s; null where it is 1.</summary>
    public float* Scale;

    public AnchoredConstants Constants;
}
