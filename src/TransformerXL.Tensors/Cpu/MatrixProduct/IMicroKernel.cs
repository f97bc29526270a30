namespace TransformerXL.Tensors.Cpu.MatrixProduct;

/// <summary>The innermost loop of a matrix product: one register tile of C over packed strips of A and B.</summary>
internal unsafe interface IMicroKernel
{
    /// <summary>Rows of the tile; a packed strip of A holds this many values for each k.</summary>
    static abstract int Rows { get; }

    /// <summary>Columns of the tile; a packed strip of B holds this many values for each k.</summary>
    static abstract int Columns { get; }

    /// <summary>Rows of the smaller tile that computes the last rows of a product; the same as <see cref="Rows"/> where there is none.</summary>
    static abstract int PartRows { get; }

    /// <summary>
    /// C = A B, or C += A B, over <paramref name="depth"/> values of k. Each sum starts at zero and adds in the order of k.
    /// A is a packed strip; the columns of B for one k lie together, those of the next k <paramref name="strideB"/> further.
    /// </summary>
    static abstract void Run(int depth, float* a, float* b, nint strideB, float* c, nint stride, bool accumulate);

    /// <summary>The same for <see cref="PartRows"/> of the rows of a packed strip of A, from the one that <paramref name="a"/> points to.</summary>
    static abstract void RunPart(int depth, float* a, float* b, nint strideB, float* c, nint stride, bool accumulate);
}
