using TransformerXL.Tensors.Memory;
using TransformerXL.Tensors.Random;

namespace TransformerXL.Tensors.Autodiff.Ops;

/// <summary>y = residual + dropout(x), or dropout(x) alone.</summary>
public sealed class ResidualOperation : Operation
{
    private Variable _input = null!;
    private Variable? _residual;
    private DropoutMask _mask;

    internal Variable Forward(Tape tape, Variable input, Variable? residual, float dropout)
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
            tape.Backend.Pass(residual.Value, output.Value, add: false);
        }

        tape.Backend.Dropout(_mask, input.Value, output.Value, add: residual is not null);
        return tape.Record(this, output);
    }

    /// <inheritdoc/>
    public override void Backward(Tape tape)
    {
        Tensor gradient = Output.Gradient;
        if (_input.RequiresGradient)
        {
            Tensor target = tape.Gradient(_input, out bool add);
            tape.Backend.Dropout(_mask, gradient, target, add);
        }

        if (_residual is { RequiresGradient: true })
        {
            Tensor target = tape.Gradient(_residual, out bool add);
            tape.Backend.Pass(gradient, target, add);
        }
    }

    /// <inheritdoc/>
    public override void Clear() => (_input, _residual) = (null!, null);
}
