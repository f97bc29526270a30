using System.Diagnostics.CodeAnalysis;

namespace TransformerXL.Tensors;

/// <summary>
/// The precision of the operands of products with weights and, in bfloat16, of attention's products. Sums and everything else are float32.
/// </summary>
[SuppressMessage("Naming", "CA1720", Justification = "The field calls the formats by these names.")]
public enum Precision
{
    /// <summary>Not rounded.</summary>
    Float32,

    /// <summary>
    /// Rounded to bfloat16, the upper half of a float32, to nearest and to even. A processor with AMX or AVX512_BF16 multiplies them natively,
    /// in attention too; elsewhere the rounded values of products with weights are multiplied as float32.
    /// </summary>
    Bfloat16,

    /// <summary>
    /// 8-bit integers from -127 to 127 with a scale for each row; weights are rounded once, the other operand at each product; the sums of
    /// their products are exact. For evaluation only.
    /// </summary>
    Int8,
}
