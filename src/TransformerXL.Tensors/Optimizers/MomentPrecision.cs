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
}
