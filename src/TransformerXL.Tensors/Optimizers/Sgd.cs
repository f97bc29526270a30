using TransformerXL.Tensors.Autodiff;

namespace TransformerXL.Tensors.Optimizers;

/// <summary>Stochastic gradient descent, with PyTorch's momentum if any; weight decay is added to the gradient.</summary>
public sealed class Sgd : Optimizer
{
    /// <summary>Creates the momentum, all zero.</summary>
    /// <param name="parameters">The parameters to update.</param>
    /// <param name="options">The constants.</param>
    /// <param name="backend">The backend that computes.</param>
    /// <param name="decays">Whether weight decay acts on a parameter; on all if null.</param>
    public Sgd(IEnumerable<Parameter> parameters, OptimizerOptions options, Backend backend, Func<Parameter, bool>? decays = null)
        : base(parameters, options, backend, decays, _ => options.Momentum is null or 0 ? [] : ["sgd.momentum"])
    {
    }

    private protected override void Move(OptimizerSlot slot, double learningRate, double gradientScale)
    {
        SgdConstants constants = new()
        {
            GradientScale = (float)gradientScale,
            WeightDecay = (float)slot.WeightDecay,
            Momentum = (float)(Options.Momentum ?? 0),

            // The momentum begins as the whole first gradient.
            GradientShare = slot.Steps == 1 ? 1 : (float)(1 - Options.Dampening),
            Nesterov = Options.Nesterov,
            LearningRate = (float)learningRate,
        };
        Backend.SgdStep(constants, slot.Parameter.Stored, slot.Parameter.Gradient, slot.State.Length == 0 ? default : slot.State[0]);
    }
}
