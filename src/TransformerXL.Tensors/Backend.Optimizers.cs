using TransformerXL.Tensors.Memory;
using TransformerXL.Tensors.Optimizers;

namespace TransformerXL.Tensors;

/// <content>Steps of optimizers on tensors of the same size. The constants have the formulas.</content>
public abstract partial class Backend
{
    /// <param name="constants">The constants of the step.</param>
    /// <param name="value">Moved.</param>
    /// <param name="gradient">Read.</param>
    /// <param name="moments">How the moments are kept.</param>
    /// <param name="first">First moment, updated; both moments, as <see cref="OptimizerTensor"/> says, if they are not float32.</param>
    /// <param name="second">Second moment, updated; empty for moments that are not float32.</param>
    /// <param name="largestSecond">The largest second moment so far, updated and used in place of the second; empty without AMSGrad (Reddi et al. 2018).</param>
    internal abstract void AdamStep(in AdamConstants constants, Tensor value, Tensor gradient, MomentPrecision moments, Tensor first, Tensor second, Tensor largestSecond);

    /// <param name="constants">The constants of the step.</param>
    /// <param name="value">Moved.</param>
    /// <param name="gradient">Read.</param>
    /// <param name="velocity">b, updated; empty without momentum.</param>
    internal abstract void SgdStep(in SgdConstants constants, Tensor value, Tensor gradient, Tensor velocity);

    /// <param name="constants">The constants of the step.</param>
    /// <param name="value">Moved.</param>
    /// <param name="gradient">Read.</param>
    /// <param name="squareSum">The sum of squared gradients, updated.</param>
    internal abstract void AdagradStep(in AdagradConstants constants, Tensor value, Tensor gradient, Tensor squareSum);

    /// <param name="constants">The constants of the step.</param>
    /// <param name="value">Moved.</param>
    /// <param name="anchor">x0.</param>
    /// <param name="gradient">Read; empty to pull the values back only.</param>
    /// <param name="scale">s; empty where it is 1.</param>
    internal abstract void AnchoredStep(in AnchoredConstants constants, Tensor value, Tensor anchor, Tensor gradient, Tensor scale);

    /// <param name="constants">The constants of the step.</param>
    /// <param name="value">All values of a parameter, whose norm counts; moved.</param>
    /// <param name="gradient">Read.</param>
    /// <param name="first">First moment, updated.</param>
    /// <param name="second">Second moment, updated.</param>
    internal abstract void LambStep(in LambConstants constants, Tensor value, Tensor gradient, Tensor first, Tensor second);

    /// <summary>Moves many matrices at once, because the products of a single one are too small for several threads.</summary>
    /// <param name="matrices">The largest first, so that the threads finish together.</param>
    internal abstract void MuonStep(MuonMatrix[] matrices);
}
