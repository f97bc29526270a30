using TransformerXL.Tensors.Cpu;
using TransformerXL.Tensors.Cpu.Lstm;
using TransformerXL.Tensors.Cpu.MatrixProduct;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Tensors.Autodiff.Ops;

/// <summary>
/// One layer of long short-term memory over a segment (Hochreiter and Schmidhuber 1997; forget gate: Gers, Schmidhuber,
/// Cummins 2000): a_t = x_t W_ih^T + b_ih + h_(t-1) W_hh^T + b_hh, whose quarters give i, f, o by the sigmoid and g by
/// tanh, in the order i, f, g, o; c_t = f c_(t-1) + i g; h_t = o tanh(c_t).
/// </summary>
public sealed class LstmOperation : Operation
{
    private Variable _input = null!, _inputWeight = null!, _recurrentWeight = null!, _inputBias = null!, _recurrentBias = null!;
    private Tensor _gates, _hidden, _cells;

    internal (Variable Hidden, Tensor FinalHidden, Tensor FinalCell) Forward(
        Tape tape, Variable input, Tensor hidden, Tensor cell, Variable inputWeight, Variable recurrentWeight, Variable inputBias, Variable recurrentBias)
    {
        CheckShapes(input.Shape, hidden.Shape, cell.Shape, inputWeight.Shape, recurrentWeight.Shape, inputBias.Shape, recurrentBias.Shape);
        (_input, _inputWeight, _recurrentWeight, _inputBias, _recurrentBias) = (input, inputWeight, recurrentWeight, inputBias, recurrentBias);
        int length = input.Shape[0], streams = input.Shape[1], size = recurrentWeight.Shape[1];
        _gates = tape.Allocate(new Shape(length, streams, 4 * size));
        _hidden = tape.Allocate(new Shape(length + 1, streams, size));
        _cells = tape.Allocate(_hidden.Shape);
        hidden.CopyTo(_hidden.Slice(0, 1));
        cell.CopyTo(_cells.Slice(0, 1));
        ProjectInput(tape);
        Recur(tape);
        Variable output = tape.NewVariable(_hidden.Slice(1, length), requiresGradient: true);
        tape.Record(this, output);
        Shape state = new(streams, size);
        return (output, _hidden.Slice(length, 1).Reshape(state), _cells.Slice(length, 1).Reshape(state));
    }

    internal override unsafe void Backward(Tape tape)
    {
        KernelSet kernels = tape.Backend.Kernels;
        BackwardThroughTime(tape);

        // The gates hold the gradient of a by now.
        int rows = _gates.Shape.Rows, columns = _gates.Shape.Columns, length = _gates.Shape[0];
        kernels.AddColumnSums(_gates.Pointer, rows, columns, tape.GradientToAdd(_inputBias).Pointer);
        kernels.AddColumnSums(_gates.Pointer, rows, columns, tape.GradientToAdd(_recurrentBias).Pointer);
        WeightGradient(tape, _inputWeight, _input.Value);
        WeightGradient(tape, _recurrentWeight, _hidden.Slice(0, length));
        if (_input.RequiresGradient)
        {
            Tensor target = tape.Gradient(_input, out bool add);
            Products.Multiply(
                tape, rows, _input.Shape.Columns, columns, Products.Rows(_gates), Products.Rows(_inputWeight.Value), target.Pointer, add);
        }
    }

    internal override void Clear()
    {
        (_input, _inputWeight, _recurrentWeight, _inputBias, _recurrentBias) = (null!, null!, null!, null!, null!);
        (_gates, _hidden, _cells) = (default, default, default);
    }

    private static void CheckShapes(Shape input, Shape hidden, Shape cell, Shape inputWeight, Shape recurrentWeight, Shape inputBias, Shape recurrentBias)
    {
        const string Name = "lstm";
        Check.Equal(Name, "the number of axes of the input", input.Rank, 3);
        int gates = inputWeight[0], size = recurrentWeight[1];
        Check.Equal(Name, "the length of an input row", input.Columns, inputWeight[1]);
        Check.Equal(Name, "the rows of the input weight", gates, 4L * size);
        Check.Equal(Name, "the rows of the recurrent weight", recurrentWeight[0], 4L * size);
        Check.Shape(Name, "the shape of the input bias", inputBias, new Shape(gates));
        Check.Shape(Name, "the shape of the recurrent bias", recurrentBias, new Shape(gates));
        Check.Shape(Name, "the shape of the hidden state", hidden, new Shape(input[1], size));
        Check.Shape(Name, "the shape of the cell state", cell, new Shape(input[1], size));
    }

    /// <summary>x W_ih^T + b_ih + b_hh for all time steps at once.</summary>
    private unsafe void ProjectInput(Tape tape)
    {
        KernelSet kernels = tape.Backend.Kernels;
        int gates = _gates.Shape.Columns, depth = _input.Shape.Columns;
        Tensor bias = tape.Allocate(_inputBias.Shape);
        _inputBias.Value.CopyTo(bias);
        kernels.Dropout(default, _recurrentBias.Value.Pointer, bias.Pointer, gates, add: true);
        MatrixProductArguments product = new()
        {
            Rows = _input.Shape.Rows,
            Columns = gates,
            Depth = depth,
            Precision = tape.Precision,
            A = Products.Rows(_input.Value),
            B = Products.Rows(_inputWeight.Value).Transposed,
            C = _gates.Pointer,
            Stride = gates,
            Epilogue = { Bias = bias.Pointer },
        };
        kernels.MatrixProduct(product);
        tape.Release(bias);
    }

    private unsafe void Recur(Tape tape)
    {
        KernelSet kernels = tape.Backend.Kernels;
        int gates = _gates.Shape.Columns, size = gates / 4;
        Tensor packed = Pack(tape, Products.Rows(_recurrentWeight.Value).Transposed, size, gates);
        Tensor recurrent = tape.Allocate(new Shape(_gates.Shape[1], gates));
        for (int t = 0; t < _gates.Shape[0]; t++)
        {
            MultiplyPacked(tape, _hidden.Slice(t, 1), packed, recurrent);
            kernels.LstmForward(Step(t, recurrent.Pointer));
        }

        tape.Release(recurrent);
        tape.Release(packed);
    }

    /// <summary>Replaces i, f, g, o of each time step by the gradient of a, the last step first.</summary>
    private unsafe void BackwardThroughTime(Tape tape)
    {
        KernelSet kernels = tape.Backend.Kernels;
        int length = _gates.Shape[0], streams = _gates.Shape[1], gates = _gates.Shape[2], size = gates / 4;
        Tensor packed = Pack(tape, Products.Rows(_recurrentWeight.Value), gates, size);
        Tensor hidden = tape.Allocate(new Shape(streams, size)), cell = tape.Allocate(hidden.Shape);
        hidden.Span.Clear();
        cell.Span.Clear();
        for (int t = length - 1; t >= 0; t--)
        {
            LstmGradients gradients = new() { Output = Output.Gradient.Slice(t, 1).Pointer, Hidden = hidden.Pointer, Cell = cell.Pointer };
            kernels.LstmBackward(Step(t, null), gradients);
            if (t > 0)
            {
                MultiplyPacked(tape, _gates.Slice(t, 1), packed, hidden);
            }
        }

        tape.Release(cell);
        tape.Release(hidden);
        tape.Release(packed);
    }

    private unsafe LstmArguments Step(int t, float* recurrent) => new()
    {
        Streams = _gates.Shape[1],
        Size = _hidden.Shape[2],
        Gates = _gates.Slice(t, 1).Pointer,
        Recurrent = recurrent,
        PreviousCell = _cells.Slice(t, 1).Pointer,
        Cell = _cells.Slice(t + 1, 1).Pointer,
        Hidden = _hidden.Slice(t + 1, 1).Pointer,
    };

    /// <summary>The recurrent weight as every time step multiplies with it: packing costs as much as the product of a few rows.</summary>
    private static unsafe Tensor Pack(Tape tape, MatrixOperand weight, int depth, int columns)
    {
        KernelSet kernels = tape.Backend.Kernels;
        Tensor packed = tape.Allocate(new Shape(checked((int)kernels.PackedRightSize(depth, columns, tape.Precision))));
        kernels.PackRight(weight, depth, columns, tape.Precision, packed.Pointer);
        return packed;
    }

    private static unsafe void MultiplyPacked(Tape tape, Tensor left, Tensor packed, Tensor result)
    {
        MatrixProductArguments product = new()
        {
            Rows = left.Shape.Rows,
            Columns = result.Shape.Columns,
            Depth = left.Shape.Columns,
            Precision = tape.Precision,
            A = Products.Rows(left),
            PackedB = packed.Pointer,
            C = result.Pointer,
            Stride = result.Shape.Columns,
        };
        tape.Backend.Kernels.MatrixProduct(product);
    }

    private unsafe void WeightGradient(Tape tape, Variable weight, Tensor input)
    {
        Tensor target = tape.Gradient(weight, out bool add);
        Products.Multiply(
            tape, target.Shape[0], target.Shape[1], input.Shape.Rows,
            Products.Rows(_gates).Transposed, Products.Rows(input), target.Pointer, add);
    }
}
