using TransformerXL.Tensors.Autodiff;

namespace TransformerXL.Tensors.Optimizers;

/// <summary>Adagrad (Duchi et al. 2011): steps shrink with the root of the sum of all squared gradients; weight decay is added to the gradient.</summary>
public sealed class Adagrad : Optimizer
{
    /// <summary>Creates the sums, all zero.</summary>
    /// <param name="parameters">The parameters to update.</param>
    /// <param name="options">The constants.</param>
    /// <param name="backend">The backend that computes.</param>
    /// <param name="decays">Whether weight decay acts on a parameter; on all if null.</param>
    public Adagrad(IEnumerable<Parameter> parameters, OptimizerOptions options, Backend backend, Func<Parameter, bool>? decays = null)
        : base(parameters, options, backend, decays, _ => ["adagrad.sum"])
    {
    }

    private protected override void Move(OptimizerSlot slot, double learningRate, double gradientScale)
    {
        AdagradConstants constants = new()
        {
            GradientScale = (float)gradientScale,
            WeightDecay = (float)slot.WeightDecay,
            Epsilon = (float)Options.EpsilonOrCustomary,
            LearningRate = (float)learningRate,
        };
        Backend.AdagradStep(constants, slot.Parameter.Stored, slot.Parameter.Gradient, slot.State[0]);
    }
}
