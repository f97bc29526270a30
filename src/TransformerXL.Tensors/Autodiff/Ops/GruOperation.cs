using TransformerXL.Tensors.Inference;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Tensors.Autodiff.Ops;

/// <summary>
/// One layer of gated recurrent units over a segment (Cho et al. 2014; the reset gate after the matrix product and two biases, as in PyTorch):
/// with a_t = x_t W_ih^T + b_ih and q_t = h_(t-1) W_hh^T + b_hh, in thirds, r = sigmoid(a_1 + q_1), z = sigmoid(a_2 + q_2), n = tanh(a_3 + r q_3),
/// h_t = (1 - z) n + z h_(t-1).
/// </summary>
public sealed class GruOperation : Operation
{
    private Variable _input = null!, _inputWeight = null!, _recurrentWeight = null!, _inputBias = null!, _recurrentBias = null!;
    private Tensor _gates, _hidden, _candidates;

    internal (Variable Hidden, Tensor FinalHidden) Forward(
        Tape tape, Variable input, Tensor hidden, Variable inputWeight, Variable recurrentWeight, Variable inputBias, Variable recurrentBias)
    {
        RecurrentShapes.Check("gru", 3, input.Shape, hidden.Shape, inputWeight.Shape, recurrentWeight.Shape, inputBias.Shape, recurrentBias.Shape);
        (_input, _inputWeight, _recurrentWeight, _inputBias, _recurrentBias) = (input, inputWeight, recurrentWeight, inputBias, recurrentBias);
        int length = input.Shape[0], streams = input.Shape[1], size = recurrentWeight.Shape[1];
        _gates = tape.Allocate(new Shape(length, streams, 3 * size));
        _hidden = tape.Allocate(new Shape(length + 1, streams, size));
        _candidates = tape.Allocate(new Shape(length, streams, size));
        hidden.CopyTo(_hidden.Slice(0, 1));
        tape.Backend.Linear(Matrix.Of(input.Value), Matrix.Of(inputWeight.Value).Transposed, _gates, tape.Precision, inputBias.Value);
        Recur(tape);
        Variable output = tape.NewVariable(_hidden.Slice(1, length), requiresGradient: true);
        tape.Record(this, output);
        return (output, _hidden.Slice(length, 1).Reshape(new Shape(streams, size)));
    }

    /// <summary>The forward pass on a tape that only evaluates.</summary>
    internal static (Variable Hidden, Tensor FinalHidden) Evaluate(
        Tape tape, Variable input, Tensor hidden, PreparedWeight inputWeight, PreparedWeight recurrentWeight, Tensor inputBias, Tensor recurrentBias)
    {
        int length = input.Shape[0], streams = input.Shape[1], size = recurrentWeight.Depth;
        Tensor gates = tape.Allocate(new Shape(length, streams, 3 * size)), recurrent = tape.Allocate(new Shape(streams, 3 * size));
        Tensor candidate = tape.Allocate(new Shape(1, streams, size)), last = tape.Allocate(hidden.Shape), before = hidden.Reshape(candidate.Shape);
        tape.Backend.Linear(input.Value, inputWeight, inputBias, gates);
        Variable output = tape.NewVariable(new Shape(length, streams, size), requiresGradient: false);
        for (int t = 0; t < length; t++)
        {
            tape.Backend.Linear(before.Reshape(hidden.Shape), recurrentWeight, default, recurrent);
            tape.Backend.GruStep(gates.Slice(t, 1), recurrent, recurrentBias, before, candidate, output.Value.Slice(t, 1));
            before = output.Value.Slice(t, 1);
        }

        before.CopyTo(last);
        tape.Release(candidate);
        tape.Release(recurrent);
        tape.Release(gates);
        return (output, last);
    }

    /// <inheritdoc/>
    public override void Backward(Tape tape)
    {
        Tensor recurrent = tape.Allocate(_gates.Shape);
        BackwardThroughTime(tape, recurrent);

        // The gates hold the gradient of a by now.
        RecurrentShapes.InputGradients(tape, _input, _inputWeight, _inputBias, _gates);
        RecurrentShapes.RecurrentGradients(tape, _hidden, _recurrentWeight, _recurrentBias, recurrent);
        tape.Release(recurrent);
    }

    /// <inheritdoc/>
    public override void Clear()
    {
        (_input, _inputWeight, _recurrentWeight, _inputBias, _recurrentBias) = (null!, null!, null!, null!, null!);
        (_gates, _hidden, _candidates) = (default, default, default);
    }

    private void Recur(Tape tape)
    {
        Tensor packed = RecurrentShapes.Pack(tape, Matrix.Of(_recurrentWeight.Value).Transposed);
        Tensor recurrent = tape.Allocate(new Shape(_gates.Shape[1], _gates.Shape.Columns));
        for (int t = 0; t < _gates.Shape[0]; t++)
        {
            tape.Backend.MultiplyPacked(Matrix.Of(_hidden.Slice(t, 1)), packed, recurrent, tape.Precision);
            tape.Backend.GruStep(_gates.Slice(t, 1), recurrent, _recurrentBias.Value, _hidden.Slice(t, 1), _candidates.Slice(t, 1), _hidden.Slice(t + 1, 1));
        }

        tape.Release(recurrent);
        tape.Release(packed);
    }

    /// <summary>Replaces r, z, n of each time step by the gradient of a, the last step first.</summary>
    private void BackwardThroughTime(Tape tape, Tensor recurrent)
    {
        Tensor packed = RecurrentShapes.Pack(tape, Matrix.Of(_recurrentWeight.Value));
        Tensor hidden = tape.Allocate(new Shape(_gates.Shape[1], _hidden.Shape[2])), carried = tape.Allocate(hidden.Shape);
        hidden.Span.Clear();
        carried.Span.Clear();
        for (int t = _gates.Shape[0] - 1; t >= 0; t--)
        {
            tape.Backend.GruStepBackward(
                _gates.Slice(t, 1), recurrent.Slice(t, 1), _hidden.Slice(t, 1), _candidates.Slice(t, 1), Output.Gradient.Slice(t, 1), hidden, carried);
            if (t > 0)
            {
                tape.Backend.MultiplyPacked(Matrix.Of(recurrent.Slice(t, 1)), packed, hidden, tape.Precision);
            }
        }

        tape.Release(carried);
        tape.Release(hidden);
        tape.Release(packed);
    }
}
