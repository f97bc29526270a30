using TransformerXL.Tensors.Memory;

namespace TransformerXL.Tensors.Autodiff.Ops;

/// <summary>
/// [memory; x] along time: (M, B, D) and (L, B, D) give (M + L, B, D). The backward pass reads only the gradient rows of parts
/// that require a gradient; a memory usually does not.
/// </summary>
public sealed class ConcatenateOperation : Operation
{
    private Variable? _memory;
    private Variable _input = null!;
    private int _memoryRows;

    internal Variable Forward(Tape tape, Variable? memory, Variable input)
    {
        Shape shape = input.Shape;
        _memoryRows = memory is null || memory.Value.IsEmpty ? 0 : memory.Shape[0];
        (_memory, _input) = (_memoryRows > 0 ? memory : null, input);
        Variable output = tape.NewVariable(shape.WithFirst(_memoryRows + shape[0]), input.RequiresGradient || _memory is { RequiresGradient: true });
        if (_memory is not null)
        {
            Check.Shape("concatenate", "the shape of the memory", _memory.Shape, shape.WithFirst(_memoryRows));
            tape.Backend.Pass(_memory.Value, output.Value.Slice(0, _memoryRows), add: false);
        }

        tape.Backend.Pass(input.Value, output.Value.Slice(_memoryRows, shape[0]), add: false);
        return tape.Record(this, output);
    }

    /// <inheritdoc/>
    public override void Backward(Tape tape)
    {
        if (_memory is not null)
        {
            Pass(tape, _memory, 0);
        }

        Pass(tape, _input, _memoryRows);
    }

    /// <inheritdoc/>
    public override void Clear() => (_memory, _input) = (null, null!);

    private void Pass(Tape tape, Variable part, int first)
    {
        if (part.RequiresGradient)
        {
            Tensor rows = Output.Gradient.Slice(first, part.Shape[0]);
            Tensor target = tape.Gradient(part, out bool add);
            tape.Backend.Pass(rows, target, add);
        }
    }
}
