namespace TransformerXL.Tensors.Cpu.Tiles;

/// <summary>What vector instructions of AVX-512 multiply, a word of 32 bits of each operand at a time.</summary>
internal enum VectorProduct
{
    /// <summary>Two values of bfloat16, with a sum in float32: <c>vdpbf16ps</c> (AVX512_BF16).</summary>
    Bfloat16,

    /// <summary>Four whole numbers of 8 bits, those of A without sign, with an exact sum of 32 bits: <c>vpdpbusd</c> (AVX512_VNNI).</summary>
    Int8,
}
