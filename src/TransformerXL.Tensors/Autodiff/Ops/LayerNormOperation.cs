using TransformerXL.Tensors.Cpu.LayerNorm;
using TransformerXL.Tensors.Memory;
using TransformerXL.Tensors.Random;

namespace TransformerXL.Tensors.Autodiff.Ops;

/// <summary>y = LayerNorm(residual + dropout(x)), or LayerNorm(x).</summary>
public sealed class LayerNormOperation : Operation
{
    private Variable _input = null!, _gain = null!, _bias = null!;
    private Variable? _residual;
    private DropoutMask _mask;
    private Tensor _sum, _statistics;

    internal unsafe Variable Forward(Tape tape, Variable input, Variable? residual, Variable gain, Variable bias, float dropout, bool overwrite)
    {
        int columns = input.Shape.Columns;
        Check.Equal("layer norm", "the length of the gain", gain.Value.Count, columns);
        Check.Equal("layer norm", "the length of the bias", bias.Value.Count, columns);
        (_input, _residual, _gain, _bias) = (input, residual, gain, bias);
        _mask = tape.NextMask(dropout);
        if (residual is not null)
        {
            Check.Shape("layer norm", "the shape of the residual", residual.Shape, input.Shape);
        }

        _sum = overwrite || (residual is null && !_mask.IsActive) ? input.Value : tape.Allocate(input.Shape);
        _statistics = tape.Allocate(new Shape(2, input.Shape.Rows));
        Variable output = tape.NewVariable(input.Shape, requiresGradient: true);
        tape.Backend.Kernels.LayerNormForward(Arguments(output.Value));
        if (tape.Weights is not null)
        {
            tape.Release(_statistics);
        }

        return tape.Record(this, output);
    }

    internal override unsafe void Backward(Tape tape)
    {
        LayerNormGradients gradients = new()
        {
            Output = Output.Gradient.Pointer,
            Gain = tape.GradientToAdd(_gain).Pointer,
            Bias = tape.GradientToAdd(_bias).Pointer,
        };
        // The residual's part is written first; when both are the same value, the input's is added to it.
        if (_residual is { RequiresGradient: true })
        {
            gradients.Residual = tape.Gradient(_residual, out gradients.AddToResidual).Pointer;
        }

        if (_input.RequiresGradient)
        {
            gradients.Input = tape.Gradient(_input, out gradients.AddToInput).Pointer;
        }

        tape.Backend.Kernels.LayerNormBackward(Arguments(Output.Value), gradients);
    }

    internal override void Clear()
    {
        (_input, _residual, _gain, _bias) = (null!, null, null!, null!);
        (_sum, _statistics) = (default, default);
    }

    private unsafe LayerNormArguments Arguments(Tensor output) => new()
    {
        Rows = _input.Shape.Rows,
        Columns = _input.Shape.Columns,
        Input = _input.Value.Pointer,
        Residual = _residual is null ? null : _residual.Value.Pointer,
        Dropout = _mask,
        Gain = _gain.Value.Pointer,
        Bias = _bias.Value.Pointer,
        Sum = _sum.Pointer,
        Mean = _statistics.Pointer,
        InverseDeviation = _statistics.Pointer + _input.Shape.Rows,
        Output = output.Pointer,
    };
}
