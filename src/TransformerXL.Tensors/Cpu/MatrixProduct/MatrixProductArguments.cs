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

    /// <summary>The most values of packed operands, unless one block of the depth has more: so many stay in the third-level cache, and a product with a large vocabulary does not need the memory of all its weights again.</summary>
    private const long MaxPacked = 1 << 22;

    /// <summary>The depth that is multiplied at a time where the operands are packed for this product: all of it, or blocks.</summary>
    /// <param name="block">What kernels sum up before they add it to C, so that the parts give the same bits.</param>
    public readonly int DepthAtOnce(int block) => PackedB != null ? Depth : (int)Math.Clamp(MaxPacked / Math.Max(1, (long)Rows + Columns) / block * block, block, Math.Max(block, Depth));

    /// <summary>The product of a part of the depth, which follows the parts before it.</summary>
    public readonly MatrixProductArguments Part(int first, int depth) => this with
    {
        A = A.At(0, first),
        B = B.At(first, 0),
        Depth = depth,
        Accumulate = Accumulate || first > 0,
        Epilogue = first + depth < Depth ? default : Epilogue,
    };
}
