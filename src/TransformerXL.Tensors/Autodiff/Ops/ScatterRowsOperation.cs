using TransformerXL.Tensors.Memory;
using TransformerXL.Tensors.Random;

namespace TransformerXL.Tensors.Autodiff.Ops;

/// <summary>One matrix from the rows of several: y[position_pn] = dropout(scale * x_p[n]). Every row of y is given exactly once.</summary>
public sealed class ScatterRowsOperation : Operation
{
    private readonly List<Variable> _parts = [];
    private readonly List<IndexTensor> _positions = [];
    private float _scale;
    private DropoutMask _mask;

    internal Variable Forward(
        Tape tape, Shape rows, ReadOnlySpan<Variable> parts, ReadOnlySpan<IndexTensor> positions, float scale, float dropout)
    {
        CheckSizes(rows, parts, positions);
        CheckEachRowOnce(tape.Allocate(new Shape(checked((int)rows.Count))).Span, positions);
        (_scale, _mask) = (scale, tape.NextMask(dropout));
        bool requiresGradient = false;
        for (int i = 0; i < parts.Length; i++)
        {
            _parts.Add(parts[i]);
            _positions.Add(positions[i]);
            requiresGradient |= parts[i].RequiresGradient;
        }

        Variable output = tape.NewVariable(rows.Append(parts[0].Shape.Columns), requiresGradient);
        for (int i = 0; i < parts.Length; i++)
        {
            tape.Backend.ScatterRows(parts[i].Value, positions[i], scale, _mask, output.Value);
        }

        return tape.Record(this, output);
    }

    /// <inheritdoc/>
    public override void Backward(Tape tape)
    {
        for (int i = 0; i < _parts.Count; i++)
        {
            if (_parts[i].RequiresGradient)
            {
                tape.Backend.ScatterRowsBackward(Output.Gradient, _positions[i], _scale, _mask, tape.GradientToAdd(_parts[i]));
            }
        }
    }

    /// <inheritdoc/>
    public override void Clear()
    {
        _parts.Clear();
        _positions.Clear();
    }

    private static void CheckSizes(Shape rows, ReadOnlySpan<Variable> parts, ReadOnlySpan<IndexTensor> positions)
    {
        Check.AtLeast("scatter rows", "the number of parts", parts.Length, 1);
        Check.Equal("scatter rows", "the number of lists of positions", positions.Length, parts.Length);
        long count = 0;
        for (int i = 0; i < parts.Length; i++)
        {
            Check.Equal("scatter rows", "the length of a part's row", parts[i].Shape.Columns, parts[0].Shape.Columns);
            Check.Equal("scatter rows", "the number of positions of a part", positions[i].Count, parts[i].Shape.Rows);
            count += positions[i].Count;
        }

        Check.Equal("scatter rows", "the number of rows of all parts", count, rows.Count);
    }

    /// <summary>Checks that the positions are a permutation of the rows, so that every row is written.</summary>
    private static void CheckEachRowOnce(Span<float> taken, ReadOnlySpan<IndexTensor> positions)
    {
        taken.Clear();
        foreach (IndexTensor part in positions)
        {
            Check.Below("scatter rows", "a position", part.Span, taken.Length);
            foreach (int position in part.Span)
            {
                Check.Equal("scatter rows", "the number of rows before with the same position", (long)taken[position]++, 0);
            }
        }
    }
}
