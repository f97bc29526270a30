using TransformerXL.Tensors.Memory;

namespace TransformerXL.Tensors.Autodiff.Ops;

/// <summary>
/// One layer of long short-term memory with a projection over a segment (Sak, Senior, Beaufays 2014; PyTorch's <c>proj_size</c>): as <see cref="LstmOperation"/> with a_t = x_t W_ih^T + b_ih + h_(t-1) W_hh^T + b_hh
/// and c_t = f c_(t-1) + i g, but h_t = (o tanh(c_t)) W_hr^T of size P.
/// </summary>
public sealed class ProjectedLstmOperation : Operation
{
    private Variable _input = null!, _inputWeight = null!, _recurrentWeight = null!, _inputBias = null!, _recurrentBias = null!, _projection = null!;
    private Tensor _gates, _units, _hidden, _cells;

    internal (Variable Hidden, Tensor FinalHidden, Tensor FinalCell) Forward(
        Tape tape, Variable input, Tensor hidden, Tensor cell, Variable inputWeight, Variable recurrentWeight, Variable inputBias, Variable recurrentBias, Variable projection)
    {
        CheckShapes(input.Shape, hidden.Shape, cell.Shape, inputWeight.Shape, recurrentWeight.Shape, inputBias.Shape, recurrentBias.Shape, projection.Shape);
        (_input, _inputWeight, _recurrentWeight, _inputBias, _recurrentBias, _projection) = (input, inputWeight, recurrentWeight, inputBias, recurrentBias, projection);
        int length = input.Shape[0], streams = input.Shape[1], size = projection.Shape[1], width = projection.Shape[0];
        _gates = tape.Allocate(new Shape(length, streams, 4 * size));
        _units = tape.Allocate(new Shape(length, streams, size));
        _hidden = tape.Allocate(new Shape(length + 1, streams, width));
        _cells = tape.Allocate(new Shape(length + 1, streams, size));
        hidden.CopyTo(_hidden.Slice(0, 1));
        cell.CopyTo(_cells.Slice(0, 1));
        RecurrentShapes.ProjectInput(tape, _input, _inputWeight, _inputBias, _recurrentBias, _gates);
        Recur(tape);
        Variable output = tape.NewVariable(_hidden.Slice(1, length), requiresGradient: true);
        tape.Record(this, output);
        return (output, _hidden.Slice(length, 1).Reshape(new Shape(streams, width)), _cells.Slice(length, 1).Reshape(new Shape(streams, size)));
    }

    /// <inheritdoc/>
    public override void Backward(Tape tape)
    {
        Tensor hiddenGradients = tape.Allocate(new Shape(_gates.Shape[0], _gates.Shape[1], _hidden.Shape[2]));
        BackwardThroughTime(tape, hiddenGradients);

        // At this point the gates hold the gradient of a.
        RecurrentShapes.InputGradients(tape, _input, _inputWeight, _inputBias, _gates);
        RecurrentShapes.RecurrentGradients(tape, _hidden, _recurrentWeight, _recurrentBias, _gates);
        RecurrentShapes.WeightGradient(tape, _projection, hiddenGradients, _units);
        tape.Release(hiddenGradients);
    }

    /// <inheritdoc/>
    public override void Clear()
    {
        (_input, _inputWeight, _recurrentWeight, _inputBias, _recurrentBias, _projection) = (null!, null!, null!, null!, null!, null!);
        (_gates, _units, _hidden, _cells) = (default, default, default, default);
    }

    private static void CheckShapes(Shape input, Shape hidden, Shape cell, Shape inputWeight, Shape recurrentWeight, Shape inputBias, Shape recurrentBias, Shape projection)
    {
        const string Name = "lstm";
        Check.Equal(Name, "the number of axes of the input", input.Rank, 3);
        int gates = inputWeight[0], width = projection[0], size = projection[1];
        Check.Equal(Name, "the length of an input row", input.Columns, inputWeight[1]);
        Check.Equal(Name, "the rows of the input weight", gates, 4L * size);
        Check.Shape(Name, "the shape of the recurrent weight", recurrentWeight, new Shape(gates, width));
        Check.Shape(Name, "the shape of the input bias", inputBias, new Shape(gates));
        Check.Shape(Name, "the shape of the recurrent bias", recurrentBias, new Shape(gates));
        Check.Shape(Name, "the shape of the hidden state", hidden, new Shape(input[1], width));
        Check.Shape(Name, "the shape of the cell state", cell, new Shape(input[1], size));
    }

    private void Recur(Tape tape)
    {
        Tensor recurrentWeight = RecurrentShapes.Pack(tape, Matrix.Of(_recurrentWeight.Value).Transposed), projection = RecurrentShapes.Pack(tape, Matrix.Of(_projection.Value).Transposed);
        Tensor recurrent = tape.Allocate(new Shape(_gates.Shape[1], _gates.Shape.Columns));
        for (int t = 0; t < _gates.Shape[0]; t++)
        {
            tape.Backend.LstmStep(RecurrentShapes.LstmStep(t, _hidden, _gates, recurrent, _cells, _units.Slice(t, 1)), recurrentWeight, tape.Precision);
            tape.Backend.MultiplyPacked(Matrix.Of(_units.Slice(t, 1)), projection, _hidden.Slice(t + 1, 1), tape.Precision);
        }

        tape.Release(recurrent);
        tape.Release(projection);
        tape.Release(recurrentWeight);
    }

    /// <summary>Replaces i, f, g, o of each time step by the gradient of a, the last step first, and gives the gradient of h of each step.</summary>
    private void BackwardThroughTime(Tape tape, Tensor hiddenGradients)
    {
        int length = _gates.Shape[0], streams = _gates.Shape[1], size = _units.Shape[2];
        Tensor recurrentWeight = RecurrentShapes.Pack(tape, Matrix.Of(_recurrentWeight.Value)), projection = RecurrentShapes.Pack(tape, Matrix.Of(_projection.Value));
        Tensor units = tape.Allocate(new Shape(1, streams, size)), none = tape.Allocate(new Shape(streams, size)), cell = tape.Allocate(none.Shape);
        none.Span.Clear();
        cell.Span.Clear();
        for (int t = length - 1; t >= 0; t--)
        {
            Tensor hidden = hiddenGradients.Slice(t, 1);
            if (t == length - 1)
            {
                Output.Gradient.Slice(t, 1).CopyTo(hidden);
            }
            else
            {
                tape.Backend.MultiplyPacked(Matrix.Of(_gates.Slice(t + 1, 1)), recurrentWeight, hidden, tape.Precision);
                tape.Backend.Pass(Output.Gradient.Slice(t, 1), hidden, add: true);
            }

            tape.Backend.MultiplyPacked(Matrix.Of(hidden), projection, units, tape.Precision);
            tape.Backend.LstmStepBackward(_gates.Slice(t, 1), _cells.Slice(t, 1), _cells.Slice(t + 1, 1), units, none, cell);
        }

        tape.Release(cell);
        tape.Release(none);
        tape.Release(units);
        tape.Release(projection);
        tape.Release(recurrentWeight);
    }
}
