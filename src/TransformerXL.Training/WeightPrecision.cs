using System.Diagnostics.CodeAnalysis;

namespace TransformerXL.Training;

/// <summary>How weights are kept while they are trained.</summary>
[SuppressMessage("Naming", "CA1720", Justification = "The field calls the formats by these names.")]
public enum WeightPrecision
{
    /// <summary>4 bytes for each value.</summary>
    Float32,

    /// <summary>
    /// 2 bytes for each value of a matrix or table: bfloat16, rounded by the optimizer at random so that the mean of many roundings is exact (Gupta et al. 2015), as most steps are smaller than the distance of neighbouring bfloat16. Gains,
    /// biases and the head of a task stay float32. The random bits are a function of the step, the place and the values, so that a training has the same bits again, with any number of threads and after a resume.
    /// </summary>
    Bfloat16,
}
