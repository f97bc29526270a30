using TransformerXL.Tensors.Cpu.Embedding;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Tensors.Autodiff.Ops;

/// <summary>y_n = x[row_n], x being seen as the matrix of its rows.</summary>
public sealed class GatherRowsOperation : Operation
{
    private Variable _input = null!;
    private IndexTensor _rows;

    internal unsafe Variable Forward(Tape tape, Variable input, IndexTensor rows)
    {
        Check.Below("gather rows", "a row", rows.Span, input.Shape.Rows);
        (_input, _rows) = (input, rows);
        Variable output = tape.NewVariable(new Shape(rows.Count, input.Shape.Columns), input.RequiresGradient);
        tape.Backend.Kernels.EmbeddingForward(Arguments(), output.Value.Pointer);
        return tape.Record(this, output);
    }

    internal override unsafe void Backward(Tape tape) =>
        tape.Backend.Kernels.EmbeddingBackward(Arguments(), Output.Gradient.Pointer, tape.GradientToAdd(_input).Pointer);

    internal override void Clear() => (_input, _rows) = (null!, default);

    private unsafe EmbeddingArguments Arguments() => new()
    {
        Rows = _rows.Count,
        Columns = _input.Shape.Columns,
        Ids = _rows.Pointer,
        Table = _input.Value.Pointer,
        Scale = 1,
    };
}
