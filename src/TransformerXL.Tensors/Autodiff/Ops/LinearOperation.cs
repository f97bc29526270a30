using TransformerXL.Tensors.Memory;
using TransformerXL.Tensors.Random;

namespace TransformerXL.Tensors.Autodiff.Ops;

/// <summary>y = dropout(activation(x W^T + b)); with a transposed weight y = x W.</summary>
public sealed class LinearOperation : Operation
{
    private Variable _input = null!, _weight = null!;
    private Variable? _bias;
    private bool _transposed;
    private Activation _activation;
    private Tensor _beforeGelu;
    private DropoutMask _mask;

    internal Variable Forward(Tape tape, Variable input, Variable weight, Variable? bias, bool transposed, Activation activation, float dropout)
    {
        (_input, _weight, _bias, _transposed, _activation) = (input, weight, bias, transposed, activation);
        _mask = tape.NextMask(dropout);
        int inner = transposed ? weight.Shape[0] : weight.Shape[1], outer = transposed ? weight.Shape[1] : weight.Shape[0];
        Check.Equal("linear", "the length of an input row", input.Shape.Columns, inner);
        if (bias is not null)
        {
            Check.Equal("linear", "the length of the bias", bias.Value.Count, outer);
        }

        bool requiresGradient = input.RequiresGradient || weight.RequiresGradient || bias is { RequiresGradient: true };
        Variable output = tape.NewVariable(input.Shape.WithLast(outer), requiresGradient);
        _beforeGelu = activation == Activation.Gelu && tape.IsTraining && requiresGradient ? tape.Allocate(output.Shape) : default;
        tape.Backend.Linear(Matrix.Of(input.Value), Right(), output.Value, tape.Precision, bias?.Value ?? default, activation, _beforeGelu, _mask);
        return tape.Record(this, output);
    }

    internal override bool Restores => !_beforeGelu.IsEmpty;

    internal override void Restore(Tape tape, Tensor output) => tape.Backend.Gelu(_beforeGelu, _mask, output);

    /// <inheritdoc/>
    public override void Backward(Tape tape)
    {
        Tensor gradient = Output.Gradient;
        ActivationBackward(tape.Backend, gradient);
        if (_bias is not null)
        {
            tape.Backend.AddColumnSums(gradient, tape.GradientToAdd(_bias));
        }

        if (_weight.RequiresGradient)
        {
            Matrix left = Matrix.Of(_transposed ? _input.Value : gradient), right = Matrix.Of(_transposed ? gradient : _input.Value);
            Tensor target = tape.Gradient(_weight, out bool add);
            tape.Backend.Multiply(left.Transposed, right, target, tape.Precision, add);
            _input.ReleaseValue(tape);
        }

        if (_input.RequiresGradient)
        {
            Tensor target = tape.Gradient(_input, out bool add);
            tape.Backend.Multiply(Matrix.Of(gradient), Right().Transposed, target, tape.Precision, add);
        }
    }

    /// <inheritdoc/>
    public override void Clear()
    {
        (_input, _weight, _bias) = (null!, null!, null);
        _beforeGelu = default;
    }

    /// <summary>Turns the gradient of the output into that of x W^T + b.</summary>
    private void ActivationBackward(Backend backend, Tensor gradient)
    {
        if (_activation == Activation.Relu)
        {
            // Values that dropout zeroed are zero in the output, so that the output alone shows which values passed.
            backend.Gate(gradient, Output.Value, _mask.IsActive ? _mask.Scale : 1);
            return;
        }

        if (_activation == Activation.Gelu)
        {
            backend.GeluBackward(gradient, _beforeGelu, _mask);
        }
        else if (_mask.IsActive)
        {
            backend.Dropout(_mask, gradient, gradient, add: false);
        }
    }

    /// <summary>The weight as the right operand (in, out) of the forward product.</summary>
    private Matrix Right() => _transposed ? Matrix.Of(_weight.Stored) : Matrix.Of(_weight.Stored).Transposed;
}
