using TransformerXL.Tensors.Cpu;
using TransformerXL.Tensors.Cpu.MatrixProduct;
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

    internal unsafe Variable Forward(Tape tape, Variable input, Variable weight, Variable? bias, bool transposed, Activation activation, float dropout)
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
        MatrixProductArguments product = new()
        {
            Rows = input.Shape.Rows,
            Columns = outer,
            Depth = inner,
            Precision = tape.Precision,
            A = Products.Rows(input.Value),
            B = WeightAsRight(),
            C = output.Value.Pointer,
            Stride = outer,
            Epilogue =
            {
                Bias = bias is null ? null : bias.Value.Pointer,
                BeforeGelu = _beforeGelu.Pointer,
                Activation = activation,
                Dropout = _mask,
            },
        };
        tape.Backend.Kernels.MatrixProduct(product);
        return tape.Record(this, output);
    }

    internal override unsafe void Backward(Tape tape)
    {
        KernelSet kernels = tape.Backend.Kernels;
        Tensor gradient = Output.Gradient;
        int rows = Output.Shape.Rows, outer = Output.Shape.Columns, inner = _input.Shape.Columns;
        ActivationBackward(kernels, gradient);
        if (_bias is not null)
        {
            kernels.AddColumnSums(gradient.Pointer, rows, outer, tape.GradientToAdd(_bias).Pointer);
        }

        if (_weight.RequiresGradient)
        {
            MatrixOperand left = _transposed ? Products.Rows(_input.Value) : Products.Rows(gradient);
            MatrixOperand right = _transposed ? Products.Rows(gradient) : Products.Rows(_input.Value);
            Tensor target = tape.Gradient(_weight, out bool add);
            Products.Multiply(tape, target.Shape[0], target.Shape[1], rows, left.Transposed, right, target.Pointer, add);
        }

        if (_input.RequiresGradient)
        {
            Tensor target = tape.Gradient(_input, out bool add);
            Products.Multiply(tape, rows, inner, outer, Products.Rows(gradient), WeightAsRight().Transposed, target.Pointer, add);
        }
    }

    internal override void Clear()
    {
        (_input, _weight, _bias) = (null!, null!, null);
        _beforeGelu = default;
    }

    /// <summary>Turns the gradient of the output into that of x W^T + b.</summary>
    private unsafe void ActivationBackward(KernelSet kernels, Tensor gradient)
    {
        if (_activation == Activation.Relu)
        {
            // What dropout zeroed is zero in the output too, so that the output alone tells what passed.
            kernels.Gate(gradient.Pointer, Output.Value.Pointer, _mask.IsActive ? _mask.Scale : 1, gradient.Count);
            return;
        }

        if (_mask.IsActive)
        {
            kernels.Dropout(_mask, gradient.Pointer, gradient.Pointer, gradient.Count, add: false);
        }

        if (_activation == Activation.Gelu)
        {
            kernels.MultiplyByGeluDerivative(gradient.Pointer, _beforeGelu.Pointer, gradient.Count);
        }
    }

    /// <summary>The weight as the right operand (in, out) of the forward product.</summary>
    private MatrixOperand WeightAsRight() => _transposed ? Products.Rows(_weight.Value) : Products.Rows(_weight.Value).Transposed;
}
