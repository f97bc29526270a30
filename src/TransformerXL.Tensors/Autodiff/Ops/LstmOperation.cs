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

    /// <inheritdoc/>
    public override void Backward(Tape tape)
    {
        BackwardThroughTime(tape);

        // At this point the gates hold the gradient of a.
        tape.Backend.AddColumnSums(_gates, tape.GradientToAdd(_inputBias));
        tape.Backend.AddColumnSums(_gates, tape.GradientToAdd(_recurrentBias));
        WeightGradient(tape, _inputWeight, _input.Value);
        WeightGradient(tape, _recurrentWeight, _hidden.Slice(0, _gates.Shape[0]));
        if (_input.RequiresGradient)
        {
            Tensor target = tape.Gradient(_input, out bool add);
            tape.Backend.Multiply(Matrix.Of(_gates), Matrix.Of(_inputWeight.Value), target, tape.Precision, add);
        }
    }

    /// <inheritdoc/>
    public override void Clear()
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
    private void ProjectInput(Tape tape)
    {
        Tensor bias = tape.Allocate(_inputBias.Shape);
        _inputBias.Value.CopyTo(bias);
        tape.Backend.Pass(_recurrentBias.Value, bias, add: true);
        tape.Backend.Linear(Matrix.Of(_input.Value), Matrix.Of(_inputWeight.Value).Transposed, _gates, tape.Precision, bias);
        tape.Release(bias);
    }

    private void Recur(Tape tape)
    {
        Tensor packed = Pack(tape, Matrix.Of(_recurrentWeight.Value).Transposed);
        Tensor recurrent = tape.Allocate(new Shape(_gates.Shape[1], _gates.Shape.Columns));
        for (int t = 0; t < _gates.Shape[0]; t++)
        {
            tape.Backend.MultiplyPacked(Matrix.Of(_hidden.Slice(t, 1)), packed, recurrent, tape.Precision);
            tape.Backend.LstmStep(_gates.Slice(t, 1), recurrent, _cells.Slice(t, 1), _cells.Slice(t + 1, 1), _hidden.Slice(t + 1, 1));
        }

        tape.Release(recurrent);
        tape.Release(packed);
    }

    /// <summary>Replaces i, f, g, o of each time step by the gradient of a, the last step first.</summary>
    private void BackwardThroughTime(Tape tape)
    {
        int length = _gates.Shape[0], streams = _gates.Shape[1], size = _hidden.Shape[2];
        Tensor packed = Pack(tape, Matrix.Of(_recurrentWeight.Value));
        Tensor hidden = tape.Allocate(new Shape(streams, size)), cell = tape.Allocate(hidden.Shape);
        hidden.Span.Clear();
        cell.Span.Clear();
        for (int t = length - 1; t >= 0; t--)
        {
            tape.Backend.LstmStepBackward(_gates.Slice(t, 1), _cells.Slice(t, 1), _cells.Slice(t + 1, 1), Output.Gradient.Slice(t, 1), hidden, cell);
            if (t > 0)
            {
                tape.Backend.MultiplyPacked(Matrix.Of(_gates.Slice(t, 1)), packed, hidden, tape.Precision);
            }
        }

        tape.Release(cell);
        tape.Release(hidden);
        tape.Release(packed);
    }

    /// <summary>The recurrent weight packed once for all time steps: packing costs as much as the product of a few rows.</summary>
    private static Tensor Pack(Tape tape, Matrix weight)
    {
        Tensor packed = tape.Allocate(new Shape(tape.Backend.PackedSize(weight, tape.Precision)));
        tape.Backend.Pack(weight, tape.Precision, packed);
        return packed;
    }

    private void WeightGradient(Tape tape, Variable weight, Tensor input)
    {
        Tensor target = tape.Gradient(weight, out bool add);
        tape.Backend.Multiply(Matrix.Of(_gates).Transposed, Matrix.Of(input), target, tape.Precision, add);
    }
}
