using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Tensors.Optimizers;

/// <summary>A parameter with the state that its optimizer keeps for it.</summary>
/// <param name="parameter">The parameter.</param>
/// <param name="weightDecay">Its weight decay, 0 where it is excluded.</param>
/// <param name="names">The names of the state tensors.</param>
internal sealed class OptimizerSlot(Parameter parameter, double weightDecay, string[] names)
{
    public Parameter Parameter { get; } = parameter;

    public double WeightDecay { get; } = weightDecay;

    public string[] Names { get; } = names;

    public Tensor[] State { get; } = [.. names.Select(_ => Tensor.Allocate(parameter.Shape))];

    /// <summary>Steps taken.</summary>
    public long Steps { get; set; }
}
