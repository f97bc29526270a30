using TransformerXL.Tensors.Inference;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Tensors.Autodiff.Ops;

/// <summary>The forward pass of <see cref="LstmOperation"/> on a tape that only evaluates: nothing is kept for a backward pass.</summary>
internal static class LstmInference
{
    public static (Variable Hidden, Tensor FinalHidden, Tensor FinalCell) Forward(
        Tape tape, Variable input, Tensor hidden, Tensor cell, PreparedWeight inputWeight, PreparedWeight recurrentWeight, Tensor inputBias, Tensor recurrentBias, PreparedWeight? projection = null)
    {
        int length = input.Shape[0], streams = input.Shape[1], size = inputWeight.Outputs / 4;
        Tensor bias = tape.Allocate(inputBias.Shape), recurrent = tape.Allocate(new Shape(streams, 4 * size));
        inputBias.CopyTo(bias);
        tape.Backend.Dropout(default, recurrentBias, bias, add: true);
        Tensor units = projection is null ? default : tape.Allocate(new Shape(streams, size));
        Tensor gates = tape.Allocate(new Shape(length, streams, 4 * size));
        tape.Backend.Linear(input.Value, inputWeight, bias, gates);
        Tensor finalHidden = tape.Allocate(hidden.Shape), finalCell = tape.Allocate(cell.Shape);
        hidden.CopyTo(finalHidden);
        cell.CopyTo(finalCell);
        Variable output = tape.NewVariable(new Shape(length, streams, recurrentWeight.Depth), requiresGradient: false);
        tape.Backend.Lstm(gates, recurrentWeight, finalHidden, finalCell, recurrent, output.Value, projection, units);
        tape.Release(gates);
        if (projection is not null)
        {
            tape.Release(units);
        }

        tape.Release(recurrent);
        tape.Release(bias);
        return (output, finalHidden, finalCell);
    }
}
