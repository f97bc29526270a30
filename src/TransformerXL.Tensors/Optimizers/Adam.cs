using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Tensors.Optimizers;

/// <summary>Adam (Kingma and Ba 2015), with the denominator of today's PyTorch; weight decay is added to the gradient.</summary>
public class Adam : Optimizer
{
    /// <summary>Creates the moments, all zero.</summary>
    /// <param name="parameters">The parameters to update.</param>
    /// <param name="options">The constants.</param>
    /// <param name="backend">The backend that computes.</param>
    /// <param name="decays">Whether weight decay acts on a parameter; on all if null.</param>
    public Adam(IEnumerable<Parameter> parameters, OptimizerOptions options, Backend backend, Func<Parameter, bool>? decays = null)
        : this(parameters, options, backend, decays, _ => options.AmsGrad ? [.. MomentNames(options), "adam.vmax"] : MomentNames(options))
    {
    }

    private protected Adam(IEnumerable<Parameter> parameters, OptimizerOptions options, Backend backend, Func<Parameter, bool>? decays, Func<Parameter, string[]> names)
        : base(parameters, options, backend, decays, names)
    {
    }

    private protected static string[] MomentNames(OptimizerOptions options) => options.Moments switch
    {
        MomentPrecision.Bfloat16 => [OptimizerTensor.Paired],
        MomentPrecision.Float8 => [OptimizerTensor.Float8],
        _ => ["adam.m", "adam.v"],
    };

    /// <summary>Whether weight decay leaves the moments alone.</summary>
    private protected virtual bool IsDecayDecoupled => false;

    private protected override void Move(OptimizerSlot slot, double learningRate, double gradientScale)
    {
        AdamConstants constants = new()
        {
            GradientScale = (float)gradientScale,
            WeightDecay = IsDecayDecoupled ? 0 : (float)slot.WeightDecay,
            Shrinkage = IsDecayDecoupled ? (float)(learningRate * slot.WeightDecay) : 0,
            Beta1 = (float)Options.Beta1,
            Beta2 = (float)Options.Beta2,
            OneMinusBeta1 = (float)(1 - Options.Beta1),
            OneMinusBeta2 = (float)(1 - Options.Beta2),
            Epsilon = (float)Options.EpsilonOrCustomary,
            StepSize = (float)(learningRate / (1 - PortableMath.Pow(Options.Beta1, slot.Steps))),
            SecondMomentScale = (float)(1 / Math.Sqrt(1 - PortableMath.Pow(Options.Beta2, slot.Steps))),
            RoundingSeed = unchecked((uint)((ulong)slot.Steps * 0x9E37_79B9_7F4A_7C15 >> 32)),
        };
        Tensor second = Options.Moments == MomentPrecision.Float32 ? slot.State[1] : default;
        Backend.AdamStep(constants, slot.Parameter.Stored, slot.Parameter.Gradient, Options.Moments, slot.State[0], second, Options.AmsGrad ? slot.State[^1] : default);
        slot.Parameter.DropWidened();
    }
}
