using TransformerXL.Tensors.Optimizers;

namespace TransformerXL.Tensors.Cpu.Optimizer;

/// <summary>One step of Adam on a run of values; <see cref="AdamConstants"/> has the formula.</summary>
internal unsafe struct AdamArguments
{
    public long Count;
    public float* Value, Gradient;

    /// <summary>Values in bfloat16, used instead of <see cref="Value"/>.</summary>
    public ushort* Bfloat16Value;

    public MomentPrecision Moments;

    /// <summary>The moments; the second one is null where the first holds both: two bfloat16 in a word, m in the upper half, or two numbers of 8 bits in two bytes.</summary>
    public float* FirstMoment, SecondMoment;

    /// <summary>The largest second moment so far, which then replaces it (Reddi et al. 2018, AMSGrad); null without.</summary>
    public float* LargestSecondMoment;

    public AdamConstants Constants;
}
