namespace TransformerXL.Tensors.Cpu.Inference.Int8;

/// <summary>Y (Rows, Outputs) = activation(X (Rows, Depth) W^T + bias), W (Outputs, Depth) in 8 bits.</summary>
internal unsafe struct Int8Arguments
{
    public int Rows, Outputs, Depth;

    /// <summary>(Rows, Depth).</summary>
    public float* Input;

    /// <summary>(Outputs, <see cref="Int8Rows.Stride"/> of the depth), zeros beyond the depth and in the rows that fill up the last strip.</summary>
    public sbyte* Weight;

    /// <summary>One for each row of the weight.</summary>
    public float* Scales;

    /// <summary>(Rows, Outputs).</summary>
    public float* Output;

    /// <summary>(Outputs), or null.</summary>
    public float* Bias;

    public Activation Activation;
}
