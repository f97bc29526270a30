namespace TransformerXL.Tensors.Cpu.Tiles;

/// <summary>The operand types of the vector instructions, which multiply a 32-bit word of each operand at a time.</summary>
internal enum VectorProduct
{
    /// <summary>Two values of bfloat16, with a sum in float32: <c>vdpbf16ps</c> (AVX512_BF16).</summary>
    Bfloat16,

    /// <summary>Four whole numbers of 8 bits, those of A without sign, with an exact sum of 32 bits: <c>vpdpbusd</c> (AVX512_VNNI).</summary>
    Int8,
}
