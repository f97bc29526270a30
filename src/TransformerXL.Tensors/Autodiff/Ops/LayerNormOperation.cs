using TransformerXL.Tensors.Memory;
using TransformerXL.Tensors.Random;

namespace TransformerXL.Tensors.Autodiff.Ops;

/// <summary>y = LayerNorm(residual + dropout(x)), or LayerNorm(x).</summary>
public sealed class LayerNormOperation : Operation
{
    private Variable _input = null!, _gain = null!, _bias = null!;
    private Variable? _residual;
    private DropoutMask _mask;
    private float _epsilon;

    /// <summary>residual + dropout(x); empty where it is the value of x.</summary>
    private Tensor _sum;
    private Tensor _statistics;

    internal Variable Forward(Tape tape, Variable input, Variable? residual, Variable gain, Variable bias, float dropout, bool overwrite, float epsilon)
    {
        CheckSizes(input, residual, gain, bias, epsilon);
        (_input, _residual, _gain, _bias, _epsilon) = (input, residual, gain, bias, epsilon);
        _mask = tape.NextMask(dropout);
        _sum = overwrite || (residual is null && !_mask.IsActive) ? default : tape.Allocate(input.Shape);
        if (overwrite)
        {
            // What its operation would compute again is no longer its value.
            _ = input.Value;
            input.Restorer = null;
        }

        _statistics = tape.Allocate(new Shape(2, input.Shape.Rows));
        Variable output = tape.NewVariable(input.Shape, requiresGradient: true);
        tape.Backend.LayerNormForward(Tensors(input.Value, output.Value) with { Residual = residual?.Value ?? default, Dropout = _mask });
        return tape.Record(this, output);
    }

    internal override bool Restores => true;

    internal override void Restore(Tape tape, Tensor output) => tape.Backend.LayerNormForward(Tensors(Sum, output));

    /// <summary>The forward pass on a tape that only evaluates: nothing is kept for a backward pass.</summary>
    internal static Variable Evaluate(Tape tape, Variable input, Variable? residual, Variable gain, Variable bias, bool overwrite, float epsilon)
    {
        CheckSizes(input, residual, gain, bias, epsilon);
        Tensor statistics = tape.Allocate(new Shape(2, input.Shape.Rows));
        Variable output = tape.NewVariable(input.Shape, requiresGradient: false);
        tape.Backend.LayerNormForward(new LayerNormTensors
        {
            Input = input.Value,
            Residual = residual?.Value ?? default,
            Epsilon = epsilon,
            Gain = gain.Value,
            Bias = bias.Value,
            Sum = overwrite || residual is null ? input.Value : tape.Allocate(input.Shape),
            Statistics = statistics,
            Output = output.Value,
        });
        tape.Release(statistics);
        return output;
    }

    /// <inheritdoc/>
    public override void Backward(Tape tape)
    {
        LayerNormTensorGradients gradients = new()
        {
            Output = Output.Gradient,
            Gain = tape.GradientToAdd(_gain),
            Bias = tape.GradientToAdd(_bias),
        };
        // The residual's part is written first; when both are the same value, the input's is added to it.
        if (_residual is { RequiresGradient: true })
        {
            gradients.Residual = tape.Gradient(_residual, out gradients.AddToResidual);
        }

        if (_input.RequiresGradient)
        {
            gradients.Input = tape.Gradient(_input, out gradients.AddToInput);
        }

        tape.Backend.LayerNormBackward(Tensors(Sum, default) with { Dropout = _mask }, gradients);
    }

    /// <inheritdoc/>
    public override void Clear()
    {
        (_input, _residual, _gain, _bias) = (null!, null, null!, null!);
        (_sum, _statistics) = (default, default);
    }

    private static void CheckSizes(Variable input, Variable? residual, Variable gain, Variable bias, float epsilon)
    {
        int columns = input.Shape.Columns;
        Check.Equal("layer norm", "the length of the gain", gain.Value.Count, columns);
        Check.Equal("layer norm", "the length of the bias", bias.Value.Count, columns);
        if (!(epsilon > 0 && float.IsFinite(epsilon)))
        {
            throw new ArgumentException($"layer norm: epsilon is {epsilon}, but must be above 0 and finite", nameof(epsilon));
        }

        if (residual is not null)
        {
            Check.Shape("layer norm", "the shape of the residual", residual.Shape, input.Shape);
        }
    }

    private Tensor Sum => _sum.IsEmpty ? _input.Value : _sum;

    private LayerNormTensors Tensors(Tensor input, Tensor output) => new()
    {
        Input = input,
        Epsilon = _epsilon,
        Gain = _gain.Value,
        Bias = _bias.Value,
        Sum = Sum,
        Statistics = _statistics,
        Output = output,
    };
}
