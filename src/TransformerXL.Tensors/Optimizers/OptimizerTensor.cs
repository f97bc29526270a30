using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Tensors.Optimizers;

/// <summary>A tensor of an optimizer's state for a parameter.</summary>
/// <param name="Parameter">The parameter.</param>
/// <param name="Name">Its name, such as <c>adam.m</c>.</param>
/// <param name="Value">Of the parameter's shape.</param>
public readonly record struct OptimizerTensor(Parameter Parameter, string Name, Tensor Value);
