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

    internal Variable Forward(Tape tape, Variable table, IndexTensor ids, Shape rows, float scale, float dropout)
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
        tape.Backend.GatherRows(table.Stored, ids, scale, _mask, output.Value);
        return tape.Record(this, output);
    }

    /// <inheritdoc/>
    public override void Backward(Tape tape) =>
        tape.Backend.GatherRowsBackward(Output.Gradient, _ids, _scale, _mask, tape.GradientToAdd(_table));

    /// <inheritdoc/>
    public override void Clear() => (_table, _ids) = (null!, default);
}
