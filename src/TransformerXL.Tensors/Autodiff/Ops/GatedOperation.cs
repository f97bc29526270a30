using TransformerXL.Tensors.Memory;
using TransformerXL.Tensors.Random;

namespace TransformerXL.Tensors.Autodiff.Ops;

/// <summary>y = dropout(f(u) v) for rows of u beside v, f being SiLU or GELU: gated linear units (Dauphin et al. 2017, Shazeer 2020).</summary>
public sealed class GatedOperation : Operation
{
    private Variable _input = null!;
    private GatingFunction _function;
    private DropoutMask _mask;

    internal Variable Forward(Tape tape, Variable input, GatingFunction function, float dropout)
    {
        int columns = input.Shape.Columns;
        Check.Equal("gated linear unit", "the length of an input row beyond a multiple of 2", columns % 2, 0);
        (_input, _function) = (input, function);
        _mask = tape.NextMask(dropout);
        Variable output = tape.NewVariable(input.Shape.WithLast(columns / 2), input.RequiresGradient);
        Restore(tape, output.Value);
        return tape.Record(this, output);
    }

    internal override bool Restores => true;

    internal override void Restore(Tape tape, Tensor output)
    {
        tape.Backend.Gated(_function, _input.Value, output);
        if (_mask.IsActive)
        {
            tape.Backend.Dropout(_mask, output, output, add: false);
        }
    }

    /// <inheritdoc/>
    public override void Backward(Tape tape)
    {
        Tensor gradient = Output.Gradient;
        if (_mask.IsActive)
        {
            tape.Backend.Dropout(_mask, gradient, gradient, add: false);
        }

        Tensor target = tape.Gradient(_input, out bool add);
        tape.Backend.GatedBackward(_function, _input.Value, gradient, target, add);
    }

    /// <inheritdoc/>
    public override void Clear() => _input = null!;
}
