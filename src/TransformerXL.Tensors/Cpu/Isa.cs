namespace TransformerXL.Tensors.Cpu;

/// <summary>The instruction set that a <see cref="CpuBackend"/> computes with.</summary>
public enum Isa
{
    /// <summary>One float at a time; the form that the others are compared with.</summary>
    Scalar,

    /// <summary>128-bit vectors of the portable kind: Arm NEON, or x86 without AVX2.</summary>
    Vector128,

    /// <summary>256-bit vectors with fused multiply-add.</summary>
    Avx2,

    /// <summary>512-bit vectors.</summary>
    Avx512,
}
