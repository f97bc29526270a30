using TransformerXL.Tensors.Inference;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Tensors.Autodiff.Ops;

/// <summary>
/// One simple recurrent layer over a segment (Elman 1990), with two biases as in PyTorch: h_t = f(x_t W_ih^T + b_ih + h_(t-1) W_hh^T + b_hh) with
/// f = tanh, or max(x, 0).
/// </summary>
public sealed class RnnOperation : Operation
{
    private Variable _input = null!, _inputWeight = null!, _recurrentWeight = null!, _inputBias = null!, _recurrentBias = null!;
    private Tensor _gates, _hidden;
    private bool _rectifies;

    internal (Variable Hidden, Tensor FinalHidden) Forward(
        Tape tape, Variable input, Tensor hidden, Variable inputWeight, Variable recurrentWeight, Variable inputBias, Variable recurrentBias, bool rectifies)
    {
        RecurrentShapes.Check("rnn", 1, input.Shape, hidden.Shape, inputWeight.Shape, recurrentWeight.Shape, inputBias.Shape, recurrentBias.Shape);
        (_input, _inputWeight, _recurrentWeight, _inputBias, _recurrentBias, _rectifies) = (input, inputWeight, recurrentWeight, inputBias, recurrentBias, rectifies);
        int length = input.Shape[0], streams = input.Shape[1], size = recurrentWeight.Shape[1];
        _gates = tape.Allocate(new Shape(length, streams, size));
        _hidden = tape.Allocate(new Shape(length + 1, streams, size));
        hidden.CopyTo(_hidden.Slice(0, 1));
        RecurrentShapes.ProjectInput(tape, _input, _inputWeight, _inputBias, _recurrentBias, _gates);
        Recur(tape);
        Variable output = tape.NewVariable(_hidden.Slice(1, length), requiresGradient: true);
        tape.Record(this, output);
        return (output, _hidden.Slice(length, 1).Reshape(new Shape(streams, size)));
    }

    /// <summary>The forward pass on a tape that only evaluates.</summary>
    internal static (Variable Hidden, Tensor FinalHidden) Evaluate(
        Tape tape, Variable input, Tensor hidden, PreparedWeight inputWeight, PreparedWeight recurrentWeight, Tensor inputBias, Tensor recurrentBias, bool rectifies)
    {
        int length = input.Shape[0], streams = input.Shape[1], size = recurrentWeight.Depth;
        Tensor gates = tape.Allocate(new Shape(length, streams, size)), recurrent = tape.Allocate(new Shape(streams, size)), bias = tape.Allocate(inputBias.Shape);
        Tensor last = tape.Allocate(hidden.Shape), before = hidden;
        inputBias.CopyTo(bias);
        tape.Backend.Pass(recurrentBias, bias, add: true);
        tape.Backend.Linear(input.Value, inputWeight, bias, gates);
        Variable output = tape.NewVariable(new Shape(length, streams, size), requiresGradient: false);
        for (int t = 0; t < length; t++)
        {
            tape.Backend.Linear(before.Reshape(hidden.Shape), recurrentWeight, default, recurrent);
            tape.Backend.RnnStep(gates.Slice(t, 1), recurrent, output.Value.Slice(t, 1), rectifies);
            before = output.Value.Slice(t, 1);
        }

        before.CopyTo(last);
        tape.Release(bias);
        tape.Release(recurrent);
        tape.Release(gates);
        return (output, last);
    }

    /// <inheritdoc/>
    public override void Backward(Tape tape)
    {
        BackwardThroughTime(tape);
        RecurrentShapes.InputGradients(tape, _input, _inputWeight, _inputBias, _gates);
        RecurrentShapes.RecurrentGradients(tape, _hidden, _recurrentWeight, _recurrentBias, _gates);
    }

    /// <inheritdoc/>
    public override void Clear()
    {
        (_input, _inputWeight, _recurrentWeight, _inputBias, _recurrentBias) = (null!, null!, null!, null!, null!);
        (_gates, _hidden) = (default, default);
    }

    private void Recur(Tape tape)
    {
        Tensor packed = RecurrentShapes.Pack(tape, Matrix.Of(_recurrentWeight.Value).Transposed);
        Tensor recurrent = tape.Allocate(new Shape(_gates.Shape[1], _gates.Shape.Columns));
        for (int t = 0; t < _gates.Shape[0]; t++)
        {
            tape.Backend.MultiplyPacked(Matrix.Of(_hidden.Slice(t, 1)), packed, recurrent, tape.Precision);
            tape.Backend.RnnStep(_gates.Slice(t, 1), recurrent, _hidden.Slice(t + 1, 1), _rectifies);
        }

        tape.Release(recurrent);
        tape.Release(packed);
    }

    /// <summary>Fills the gates of each time step with their gradient, the last step first.</summary>
    private void BackwardThroughTime(Tape tape)
    {
        Tensor packed = RecurrentShapes.Pack(tape, Matrix.Of(_recurrentWeight.Value));
        Tensor hidden = tape.Allocate(new Shape(_gates.Shape[1], _gates.Shape.Columns));
        hidden.Span.Clear();
        for (int t = _gates.Shape[0] - 1; t >= 0; t--)
        {
            tape.Backend.RnnStepBackward(_gates.Slice(t, 1), _hidden.Slice(t + 1, 1), Output.Gradient.Slice(t, 1), hidden, _rectifies);
            if (t > 0)
            {
                tape.Backend.MultiplyPacked(Matrix.Of(_gates.Slice(t, 1)), packed, hidden, tape.Precision);
            }
        }

        tape.Release(hidden);
        tape.Release(packed);
    }
}
