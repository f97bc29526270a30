using TransformerXL.Tensors.Random;

namespace TransformerXL.Tensors.Kernels.MatrixProduct;

/// <summary>What is done to a block of a product while it is still in the cache, in the order of the members; null and zero mean nothing.</summary>
internal unsafe struct Epilogue
{
    /// <summary>Added to every row, as long as a row.</summary>
    public float* Bias;

    /// <summary>Negative values become zero.</summary>
    public bool Relu;

    /// <summary>Random values become zero, the others are scaled up.</summary>
    public DropoutMask Dropout;

    public readonly bool IsEmpty => Bias == null && !Relu && !Dropout.IsActive;
}
