using TransformerXL.Tensors.Cpu;
using TransformerXL.Tensors.Random;

namespace TransformerXL.Tensors.Autodiff.Ops;

/// <summary>y = residual + dropout(x), or dropout(x) alone.</summary>
public sealed class ResidualOperation : Operation
{
    private Variable _input = null!;
    private Variable? _residual;
    private DropoutMask _mask;

    internal unsafe Variable Forward(Tape tape, Variable input, Variable? residual, float dropout)
    {
        (_input, _residual, _mask) = (input, residual, tape.NextMask(dropout));
        if (residual is null && !_mask.IsActive)
        {
            return input;
        }

        Variable output = tape.NewVariable(input.Shape, input.RequiresGradient || residual is { RequiresGradient: true });
        if (residual is not null)
        {
            Check.Shape("residual", "the shape of the residual", residual.Shape, input.Shape);
            residual.Value.CopyTo(output.Value);
        }

        tape.Backend.Kernels.Dropout(_mask, input.Value.Pointer, output.Value.Pointer, input.Value.Count, add: residual is not null);
        return tape.Record(this, output);
    }

    internal override unsafe void Backward(Tape tape)
    {
        KernelSet kernels = tape.Backend.Kernels;
        float* gradient = Output.Gradient.Pointer;
        if (_input.RequiresGradient)
        {
            float* target = tape.Gradient(_input, out bool add).Pointer;
            kernels.Dropout(_mask, gradient, target, Output.Value.Count, add);
        }

        if (_residual is { RequiresGradient: true })
        {
            float* target = tape.Gradient(_residual, out bool add).Pointer;
            kernels.Dropout(default, gradient, target, Output.Value.Count, add);
        }
    }

    internal override void Clear() => (_input, _residual) = (null!, null);
}
