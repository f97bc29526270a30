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
        RecurrentShapes.Check("lstm", 4, input.Shape, hidden.Shape, inputWeight.Shape, recurrentWeight.Shape, inputBias.Shape, recurrentBias.Shape);
        Check.Shape("lstm", "the shape of the cell state", cell.Shape, hidden.Shape);
        (_input, _inputWeight, _recurrentWeight, _inputBias, _recurrentBias) = (input, inputWeight, recurrentWeight, inputBias, recurrentBias);
        int length = input.Shape[0], streams = input.Shape[1], size = recurrentWeight.Shape[1];
        _gates = tape.Allocate(new Shape(length, streams, 4 * size));
        _hidden = tape.Allocate(new Shape(length + 1, streams, size));
        _cells = tape.Allocate(_hidden.Shape);
        hidden.CopyTo(_hidden.Slice(0, 1));
        cell.CopyTo(_cells.Slice(0, 1));
        RecurrentShapes.ProjectInput(tape, _input, _inputWeight, _inputBias, _recurrentBias, _gates);
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
        RecurrentShapes.InputGradients(tape, _input, _inputWeight, _inputBias, _gates);
        RecurrentShapes.RecurrentGradients(tape, _hidden, _recurrentWeight, _recurrentBias, _gates);
    }

    /// <inheritdoc/>
    public override void Clear()
    {
        (_input, _inputWeight, _recurrentWeight, _inputBias, _recurrentBias) = (null!, null!, null!, null!, null!);
        (_gates, _hidden, _cells) = (default, default, default);
    }

    private void Recur(Tape tape)
    {
        Tensor packed = RecurrentShapes.Pack(tape, Matrix.Of(_recurrentWeight.Value).Transposed);
        Tensor recurrent = tape.Allocate(new Shape(_gates.Shape[1], _gates.Shape.Columns));
        for (int t = 0; t < _gates.Shape[0]; t++)
        {
            tape.Backend.LstmStep(RecurrentShapes.LstmStep(t, _hidden, _gates, recurrent, _cells, _hidden.Slice(t + 1, 1)), packed, tape.Precision);
        }

        tape.Release(recurrent);
        tape.Release(packed);
    }

    /// <summary>Replaces i, f, g, o of each time step by the gradient of a, the last step first.</summary>
    private void BackwardThroughTime(Tape tape)
    {
        int length = _gates.Shape[0], streams = _gates.Shape[1], size = _hidden.Shape[2];
        Tensor packed = RecurrentShapes.Pack(tape, Matrix.Of(_recurrentWeight.Value));
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
}
