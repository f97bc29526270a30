using TransformerXL.Tensors.Memory;

namespace TransformerXL.Tensors.Autodiff.Ops;

/// <summary>
/// [SG(memory); x] along time, SG being the identity without gradient: (M, B, D) and (L, B, D) give (M + L, B, D).
/// Only the rows of x of the gradient are read.
/// </summary>
public sealed class ConcatenateOperation : Operation
{
    private Variable _input = null!;
    private int _memoryRows;

    internal Variable Forward(Tape tape, Tensor memory, Variable input)
    {
        Shape shape = input.Shape;
        _memoryRows = memory.IsEmpty ? 0 : memory.Shape[0];
        if (_memoryRows > 0)
        {
            Check.Shape("concatenate", "the shape of the memory", memory.Shape, shape.WithFirst(_memoryRows));
        }

        _input = input;
        Variable output = tape.NewVariable(shape.WithFirst(_memoryRows + shape[0]), input.RequiresGradient);
        if (_memoryRows > 0)
        {
            memory.CopyTo(output.Value.Slice(0, _memoryRows));
        }

        input.Value.CopyTo(output.Value.Slice(_memoryRows, shape[0]));
        return tape.Record(this, output);
    }

    internal override unsafe void Backward(Tape tape)
    {
        Tensor rows = Output.Gradient.Slice(_memoryRows, _input.Shape[0]);
        float* target = tape.Gradient(_input, out bool add).Pointer;
        tape.Backend.Kernels.Dropout(default, rows.Pointer, target, rows.Count, add);
    }

    internal override void Clear() => _input = null!;
}
