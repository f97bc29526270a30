using TransformerXL.Tensors.Cpu.Optimizer;
using TransformerXL.Tensors.Memory;
using TransformerXL.Tensors.Optimizers;

namespace TransformerXL.Tensors.Cpu;

/// <content>Steps of optimizers.</content>
public sealed unsafe partial class CpuBackend
{
    // Reused by every step of Muon, so that a warm step allocates nothing.
    private MuonArguments[] _muon = [];

    internal override void AdamStep(in AdamConstants constants, Tensor value, Tensor gradient, MomentPrecision moments, Tensor first, Tensor second, Tensor largestSecond)
    {
        AdamArguments arguments = new()
        {
            Count = value.Count,
            Value = value.IsBfloat16 ? null : value.Pointer,
            Bfloat16Value = value.Bfloat16Pointer,
            Gradient = gradient.Pointer,
            Moments = moments,
            FirstMoment = first.Pointer,
            SecondMoment = second.Pointer,
            LargestSecondMoment = largestSecond.Pointer,
            Constants = constants,
        };
        Kernels.AdamStep(arguments);
        KeepAlive(value, gradient, first);
        KeepAlive(second, largestSecond, default);
    }

    internal override void SgdStep(in SgdConstants constants, Tensor value, Tensor gradient, Tensor velocity)
    {
        SgdArguments arguments = new()
        {
            Count = value.Count,
            Value = value.Pointer,
            Gradient = gradient.Pointer,
            Velocity = velocity.Pointer,
            Constants = constants,
        };
        Kernels.SgdStep(arguments);
        KeepAlive(value, gradient, velocity);
    }

    internal override void AdagradStep(in AdagradConstants constants, Tensor value, Tensor gradient, Tensor squareSum)
    {
        AdagradArguments arguments = new()
        {
            Count = value.Count,
            Value = value.Pointer,
            Gradient = gradient.Pointer,
            SquareSum = squareSum.Pointer,
            Constants = constants,
        };
        Kernels.AdagradStep(arguments);
        KeepAlive(value, gradient, squareSum);
    }

    internal override void AnchoredStep(in AnchoredConstants constants, Tensor value, Tensor anchor, Tensor gradient, Tensor scale)
    {
        AnchoredArguments arguments = new()
        {
            Count = value.Count,
            Value = value.Pointer,
            Anchor = anchor.Pointer,
            Gradient = gradient.Pointer,
            Scale = scale.Pointer,
            Constants = constants,
        };
        Kernels.AnchoredStep(arguments);
        KeepAlive(value, anchor, gradient);
        KeepAlive(scale, default, default);
    }

    internal override void LambStep(in LambConstants constants, Tensor value, Tensor gradient, Tensor first, Tensor second)
    {
        LambArguments arguments = new()
        {
            Count = value.Count,
            Value = value.Pointer,
            Gradient = gradient.Pointer,
            FirstMoment = first.Pointer,
            SecondMoment = second.Pointer,
            Constants = constants,
        };
        Kernels.LambStep(arguments);
        KeepAlive(value, gradient, first);
        second.KeepAlive();
    }

    internal override void MuonStep(MuonMatrix[] matrices)
    {
        using BackendUse use = Enter();
        if (_muon.Length < matrices.Length)
        {
            _muon = new MuonArguments[matrices.Length];
        }

        for (int i = 0; i < matrices.Length; i++)
        {
            ref readonly MuonMatrix matrix = ref matrices[i];
            _muon[i] = matrix.Value.IsEmpty ? default : new MuonArguments
            {
                Rows = matrix.Value.Shape[0],
                Columns = matrix.Value.Shape[1],
                Value = matrix.Value.Pointer,
                Gradient = matrix.Gradient.Pointer,
                Mean = matrix.Mean.Pointer,
                Constants = matrix.Constants,
                KeepsValue = matrix.KeepsValue,
            };
        }

        Kernels.MuonStep(_muon, matrices.Length);
        GC.KeepAlive(matrices);
    }
}
