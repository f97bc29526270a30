using TransformerXL.Tensors.Random;

namespace TransformerXL.Tensors.Cpu.MatrixProduct;

/// <summary>Steps applied to a block of a product while it is still in the cache, in the order of the members. Null or zero omits a step.</summary>
internal unsafe struct Epilogue
{
    /// <summary>Added to every row, as long as a row.</summary>
    public float* Bias;

    /// <summary>Takes the values before GELU, laid out as C, for its derivative.</summary>
    public float* BeforeGelu;

    /// <summary>Applied to every value.</summary>
    public Activation Activation;

    /// <summary>Random values become zero, the others are scaled up.</summary>
    public DropoutMask Dropout;

    public readonly bool IsEmpty => Bias == null && Activation == Activation.None && !Dropout.IsActive;
}
