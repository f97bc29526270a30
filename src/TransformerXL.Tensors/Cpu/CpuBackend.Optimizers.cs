using TransformerXL.Tensors.Cpu.Optimizer;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Tensors.Cpu;

/// <content>Steps of optimizers on tensors of the same size. The constants come without count and addresses.</content>
public sealed unsafe partial class CpuBackend
{
    /// <param name="constants">Of the step.</param>
    /// <param name="value">Moved.</param>
    /// <param name="gradient">Read.</param>
    /// <param name="first">First moment.</param>
    /// <param name="second">Second moment.</param>
    /// <param name="largestSecond">The largest second moment so far; empty without AMSGrad.</param>
    internal void AdamStep(in AdamArguments constants, Tensor value, Tensor gradient, Tensor first, Tensor second, Tensor largestSecond)
    {
        AdamArguments arguments = constants with
        {
            Count = value.Count,
            Value = value.Pointer,
            Gradient = gradient.Pointer,
            FirstMoment = first.Pointer,
            SecondMoment = second.Pointer,
            LargestSecondMoment = largestSecond.Pointer,
        };
        Kernels.AdamStep(arguments);
        KeepAlive(value, gradient, first);
        KeepAlive(second, largestSecond, default);
    }

    /// <param name="constants">Of the step.</param>
    /// <param name="value">Moved.</param>
    /// <param name="gradient">Read.</param>
    /// <param name="velocity">Empty without momentum.</param>
    internal void SgdStep(in SgdArguments constants, Tensor value, Tensor gradient, Tensor velocity)
    {
        SgdArguments arguments = constants with { Count = value.Count, Value = value.Pointer, Gradient = gradient.Pointer, Velocity = velocity.Pointer };
        Kernels.SgdStep(arguments);
        KeepAlive(value, gradient, velocity);
    }

    /// <param name="constants">Of the step.</param>
    /// <param name="value">Moved.</param>
    /// <param name="gradient">Read.</param>
    /// <param name="squareSum">The sum of squared gradients.</param>
    internal void AdagradStep(in AdagradArguments constants, Tensor value, Tensor gradient, Tensor squareSum)
    {
        AdagradArguments arguments = constants with { Count = value.Count, Value = value.Pointer, Gradient = gradient.Pointer, SquareSum = squareSum.Pointer };
        Kernels.AdagradStep(arguments);
        KeepAlive(value, gradient, squareSum);
    }

    /// <param name="constants">Of the step.</param>
    /// <param name="value">Moved.</param>
    /// <param name="gradient">Read.</param>
    /// <param name="first">First moment.</param>
    /// <param name="second">Second moment.</param>
    internal void LambStep(in LambArguments constants, Tensor value, Tensor gradient, Tensor first, Tensor second)
    {
        LambArguments arguments = constants with
        {
            Count = value.Count,
            Value = value.Pointer,
            Gradient = gradient.Pointer,
            FirstMoment = first.Pointer,
            SecondMoment = second.Pointer,
        };
        Kernels.LambStep(arguments);
        KeepAlive(value, gradient, first);
        second.KeepAlive();
    }
}
