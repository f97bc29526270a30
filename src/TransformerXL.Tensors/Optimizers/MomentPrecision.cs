using System.Diagnostics.CodeAnalysis;

namespace TransformerXL.Tensors.Optimizers;

/// <summary>How the moments of Adam are kept.</summary>
[SuppressMessage("Naming", "CA1720", Justification = "The field calls the formats by these names.")]
public enum MomentPrecision
{
    /// <summary>8 bytes for each value of a parameter.</summary>
    Float32,

    /// <summary>
    /// 4 bytes for each value of a parameter: bfloat16, rounded at random so that the mean of many roundings is exact (Gupta et al. 2015). The random bits are a function of the step, the place and the values, so that a training has the same bits
    /// again, with any number of threads and after a resume.
    /// </summary>
    Bfloat16,

    /// <summary>
    /// 2 bytes for each value of a parameter: the mean of squared gradients v with 6 bits of exponent and 2 of fraction, up to 3,584 and down to 2^-53, and m / sqrt(v) with a sign, 4 bits of exponent and 3 of fraction, up to 15; both rounded at random
    /// as in <see cref="Bfloat16"/>. Gradients of a magnitude far below 1e-8 count as none, those above 60 as 60.
    /// </summary>
    Float8,
}
