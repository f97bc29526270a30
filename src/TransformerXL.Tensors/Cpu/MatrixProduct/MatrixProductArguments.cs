namespace TransformerXL.Tensors.Cpu.MatrixProduct;

/// <summary>C (Rows, Columns) = A (Rows, Depth) B (Depth, Columns), or C += A B, then the epilogue.</summary>
internal unsafe struct MatrixProductArguments
{
    public int Rows, Columns, Depth;
    public Precision Precision;
    public MatrixOperand A, B;

    /// <summary>B as <see cref="KernelSet.PackRight"/> laid it out for the same precision, where several products share it; null if it is packed for this one.</summary>
    public float* PackedB;

    public float* C;
    public nint Stride;
    public bool Accumulate;
    public Epilogue Epilogue;
}
