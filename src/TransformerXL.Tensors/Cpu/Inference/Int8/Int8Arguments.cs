namespace TransformerXL.Tensors.Cpu.Inference.Int8;

/// <summary>Y (Rows, Outputs) = activation(X (Rows, Depth) W^T + bias) with some rows of W (out, Depth) in 8 bits.</summary>
internal unsafe struct Int8Arguments
{
    public int Rows, Outputs, Depth;

    /// <summary>(Rows, Depth).</summary>
    public float* Input;

    /// <summary>W.</summary>
    public CpuInferenceWeight Weight;

    /// <summary>The first row of W, a multiple of <see cref="CpuInferenceWeight.RowMultiple"/>.</summary>
    public int FirstOutput;

    /// <summary>(Rows, Outputs).</summary>
    public float* Output;

    /// <summary>(Outputs), or null.</summary>
    public float* Bias;

    public Activation Activation;
}
