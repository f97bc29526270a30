using TransformerXL.Tensors.Autodiff;

namespace TransformerXL.Tensors.Optimizers;

/// <summary>
/// LAMB (You et al. 2020), as in NVIDIA's edition of Transformer-XL: no bias correction, weight decay added to the update,
/// and a learning rate for each parameter in proportion to its norm, which is limited to 10.
/// </summary>
public sealed class Lamb : Optimizer
{
    /// <summary>Creates the moments, all zero.</summary>
    /// <param name="parameters">The parameters to update.</param>
    /// <param name="options">The constants.</param>
    /// <param name="backend">The backend that computes.</param>
    /// <param name="decays">Whether weight decay acts on a parameter; on all if null.</param>
    public Lamb(IEnumerable<Parameter> parameters, OptimizerOptions options, Backend backend, Func<Parameter, bool>? decays = null)
        : base(parameters, options, backend, decays, _ => ["lamb.m", "lamb.v"])
    {
    }

    private protected override void Move(OptimizerSlot slot, double learningRate, double gradientScale)
    {
        LambConstants constants = new()
        {
            GradientScale = (float)gradientScale,
            WeightDecay = (float)slot.WeightDecay,
            Beta1 = (float)Options.Beta1,
            Beta2 = (float)Options.Beta2,
            OneMinusBeta1 = (float)(1 - Options.Beta1),
            OneMinusBeta2 = (float)(1 - Options.Beta2),
            Epsilon = (float)Options.EpsilonOrCustomary,
            LearningRate = learningRate,
        };
        Backend.LambStep(constants, slot.Parameter.Stored, slot.Parameter.Gradient, slot.State[0], slot.State[1]);
    }
}
