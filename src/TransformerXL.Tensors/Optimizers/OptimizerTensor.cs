using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Tensors.Optimizers;

/// <summary>A tensor of an optimizer's state for a parameter.</summary>
/// <param name="Parameter">The parameter.</param>
/// <param name="Name">Its name, such as <c>adam.m</c>.</param>
/// <param name="Value">Of the parameter's shape. With <see cref="IsPaired"/> each element is the 32 bits of two bfloat16: the mean of gradients in the upper half, the mean of squared gradients in the lower half. With <see cref="IsFloat8"/> one axis of bytes, two for each value of the parameter, as <see cref="MomentPrecision.Float8"/> says.</param>
public readonly record struct OptimizerTensor(Parameter Parameter, string Name, Tensor Value)
{
    /// <summary>The name of moments in bfloat16.</summary>
    internal const string Paired = "adam.moments";

    /// <summary>The name of moments of 8 bits.</summary>
    internal const string Float8 = "adam.moments8";

    /// <summary>Whether the elements are not numbers but pairs of bfloat16 (<see cref="MomentPrecision.Bfloat16"/>).</summary>
    public bool IsPaired => Name == Paired;

    /// <summary>Whether the elements are not numbers but the bytes of moments of 8 bits (<see cref="MomentPrecision.Float8"/>).</summary>
    public bool IsFloat8 => Name == Float8;
}
