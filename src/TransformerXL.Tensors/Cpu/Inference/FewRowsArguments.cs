namespace TransformerXL.Tensors.Cpu.Inference;

/// <summary>Y (Rows, Outputs) = activation(X (Rows, Depth) W^T + bias), W (Outputs, Depth); all row-major.</summary>
internal unsafe struct FewRowsArguments
{
    public int Rows, Outputs, Depth;

    /// <summary>Rows of X are so far apart.</summary>
    public nint InputStride;

    public float* Input, Output;

    /// <summary>Floats, or bfloat16 where that is the precision; the input is rounded to it already.</summary>
    public void* Weight;

    public Precision Precision;

    /// <summary>(Outputs), or null.</summary>
    public float* Bias;

    public Activation Activation;
}
