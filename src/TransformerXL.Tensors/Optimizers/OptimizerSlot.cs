using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Tensors.Optimizers;

/// <summary>A parameter with its optimizer state.</summary>
/// <param name="parameter">The parameter.</param>
/// <param name="weightDecay">Its weight decay, 0 if it is excluded.</param>
/// <param name="names">The names of the state tensors.</param>
internal sealed class OptimizerSlot(Parameter parameter, double weightDecay, string[] names)
{
    public Parameter Parameter { get; } = parameter;

    public double WeightDecay { get; } = weightDecay;

    public string[] Names { get; } = names;

    public Tensor[] State { get; } = [.. names.Select(name => Tensor.Allocate(name == OptimizerTensor.Float8 ? Float8Shape(parameter.Shape) : parameter.Shape))];

    /// <summary>The factor of the learning rate.</summary>
    public double RateFactor { get; set; } = 1;

    /// <summary>Steps taken.</summary>
    public long Steps { get; set; }

    /// <summary>As many floats as two bytes for each value take.</summary>
    private static Shape Float8Shape(Shape shape) => new(checked((int)((shape.Count + 1) / 2)));
}
