using TransformerXL.Tensors.Optimizers;

namespace TransformerXL.Tensors.Cpu.Optimizer;

/// <summary>One step of Adam on a run of values; <see cref="AdamConstants"/> has the formula.</summary>
internal unsafe struct AdamArguments
{
    public long Count;
    public float* Value, Gradient;

    /// <summary>The moments; without a second one both are bfloat16 in the words of the first, m in the upper half.</summary>
    public float* FirstMoment, SecondMoment;

    /// <summary>The largest second moment so far, which then replaces it (Reddi et al. 2018, AMSGrad); null without.</summary>
    public float* LargestSecondMoment;

    public AdamConstants Constants;
}
