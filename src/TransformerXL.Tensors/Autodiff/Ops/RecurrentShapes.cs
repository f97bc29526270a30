using TransformerXL.Tensors.Memory;

namespace TransformerXL.Tensors.Autodiff.Ops;

/// <summary>What operations of recurrent layers share.</summary>
internal static class RecurrentShapes
{
    public static void Check(string name, int matrices, Shape input, Shape hidden, Shape inputWeight, Shape recurrentWeight, Shape inputBias, Shape recurrentBias)
    {
        Ops.Check.Equal(name, "the number of axes of the input", input.Rank, 3);
        int gates = inputWeight[0], size = recurrentWeight[1];
        Ops.Check.Equal(name, "the length of an input row", input.Columns, inputWeight[1]);
        Ops.Check.Equal(name, "the rows of the input weight", gates, (long)matrices * size);
        Ops.Check.Equal(name, "the rows of the recurrent weight", recurrentWeight[0], (long)matrices * size);
        Ops.Check.Shape(name, "the shape of the input bias", inputBias, new Shape(gates));
        Ops.Check.Shape(name, "the shape of the recurrent bias", recurrentBias, new Shape(gates));
        Ops.Check.Shape(name, "the shape of the hidden state", hidden, new Shape(input[1], size));
    }

    /// <summary>x W_ih^T + b_ih + b_hh for all time steps at once.</summary>
    public static void ProjectInput(Tape tape, Variable input, Variable weight, Variable inputBias, Variable recurrentBias, Tensor gates)
    {
        Tensor bias = tape.Allocate(inputBias.Shape);
        inputBias.Value.CopyTo(bias);
        tape.Backend.Pass(recurrentBias.Value, bias, add: true);
        tape.Backend.Linear(Matrix.Of(input.Value), Matrix.Of(weight.Value).Transposed, gates, tape.Precision, bias);
        tape.Release(bias);
    }

    /// <summary>A weight as every time step multiplies with it, packed once: packing costs as much as the product of a few rows.</summary>
    public static Tensor Pack(Tape tape, Matrix weight)
    {
        Tensor packed = tape.Allocate(new Shape(tape.Backend.PackedSize(weight, tape.Precision)));
        tape.Backend.Pack(weight, tape.Precision, packed);
        return packed;
    }

    /// <summary>Time step t of a segment; the hidden states and cells begin with those before the first.</summary>
    public static LstmTensors LstmStep(int t, Tensor hidden, Tensor gates, Tensor recurrent, Tensor cells, Tensor output) => new()
    {
        PreviousHidden = hidden.Slice(t, 1),
        Gates = gates.Slice(t, 1),
        Recurrent = recurrent,
        PreviousCell = cells.Slice(t, 1),
        Cell = cells.Slice(t + 1, 1),
        Hidden = output,
    };

    /// <summary>The gradients of <see cref="ProjectInput"/>, from those of the gates.</summary>
    public static void InputGradients(Tape tape, Variable input, Variable weight, Variable bias, Tensor gates)
    {
        tape.Backend.AddColumnSums(gates, tape.GradientToAdd(bias));
        WeightGradient(tape, weight, gates, input.Value);
        if (input.RequiresGradient)
        {
            Tensor target = tape.Gradient(input, out bool add);
            tape.Backend.Multiply(Matrix.Of(gates), Matrix.Of(weight.Value), target, tape.Precision, add);
        }
    }

    /// <summary>The gradients of h W_hh^T + b_hh, from those of the gates; <paramref name="hidden"/> begins with the state before the first time step.</summary>
    public static void RecurrentGradients(Tape tape, Tensor hidden, Variable weight, Variable bias, Tensor gates)
    {
        tape.Backend.AddColumnSums(gates, tape.GradientToAdd(bias));
        WeightGradient(tape, weight, gates, hidden.Slice(0, gates.Shape[0]));
    }

    /// <summary>Adds gates^T input to the gradient of a weight.</summary>
    public static void WeightGradient(Tape tape, Variable weight, Tensor gates, Tensor input)
    {
        Tensor target = tape.Gradient(weight, out bool add);
        tape.Backend.Multiply(Matrix.Of(gates).Transposed, Matrix.Of(input), target, tape.Precision, add);
    }
}
