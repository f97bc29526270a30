using TransformerXL.Tensors.Cpu.Embedding;
using TransformerXL.Tensors.Memory;
using TransformerXL.Tensors.Random;

namespace TransformerXL.Tensors.Autodiff.Ops;

/// <summary>y_t = dropout(scale * E[id_t]).</summary>
public sealed class EmbeddingOperation : Operation
{
    private Variable _table = null!;
    private IndexTensor _ids;
    private float _scale;
    private DropoutMask _mask;

    internal unsafe Variable Forward(Tape tape, Variable table, IndexTensor ids, Shape rows, float scale, float dropout)
    {
        Check.Equal("embedding", "the number of ids", ids.Count, rows.Count);
        (_table, _ids, _scale, _mask) = (table, ids, scale, tape.NextMask(dropout));
        int columns = table.Shape.Columns;
        foreach (int id in ids.Span)
        {
            if ((uint)id >= (uint)table.Shape.Rows)
            {
                throw new ArgumentOutOfRangeException(nameof(ids), $"embedding: token id {id} is outside the vocabulary of {table.Shape.Rows}");
            }
        }

        Variable output = tape.NewVariable(rows.Append(columns), table.RequiresGradient);
        tape.Backend.Kernels.EmbeddingForward(Arguments(), output.Value.Pointer);
        return tape.Record(this, output);
    }

    internal override unsafe void Backward(Tape tape) =>
        tape.Backend.Kernels.EmbeddingBackward(Arguments(), Output.Gradient.Pointer, tape.GradientToAdd(_table).Pointer);

    internal override void Clear() => (_table, _ids) = (null!, default);

    private unsafe EmbeddingArguments Arguments() => new()
    {
        Rows = _ids.Count,
        Columns = _table.Shape.Columns,
        Ids = _ids.Pointer,
        Table = _table.Value.Pointer,
        Scale = _scale,
        Dropout = _mask,
    };
}
