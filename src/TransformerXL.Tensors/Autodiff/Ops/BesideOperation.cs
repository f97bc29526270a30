namespace TransformerXL.Tensors.Autodiff.Ops;

/// <summary>Rows side by side: (..., D) and (..., E) give (..., D + E).</summary>
public sealed class BesideOperation : Operation
{
    private Variable _first = null!, _second = null!;

    internal Variable Forward(Tape tape, Variable first, Variable second)
    {
        Check.Shape("beside", "the shape of the second value, its rows aside", second.Shape.WithLast(first.Shape.Columns), first.Shape);
        (_first, _second) = (first, second);
        int left = first.Shape.Columns, right = second.Shape.Columns;
        Variable output = tape.NewVariable(first.Shape.WithLast(left + right), first.RequiresGradient || second.RequiresGradient);
        ReadOnlySpan<float> a = first.Value.Span, b = second.Value.Span;
        Span<float> y = output.Value.Span;
        for (int row = 0; row < first.Shape.Rows; row++)
        {
            a.Slice(row * left, left).CopyTo(y.Slice(row * (left + right), left));
            b.Slice(row * right, right).CopyTo(y.Slice((row * (left + right)) + left, right));
        }

        return tape.Record(this, output);
    }

    /// <inheritdoc/>
    public override void Backward(Tape tape)
    {
        Add(tape, _first, 0);
        Add(tape, _second, _first.Shape.Columns);
    }

    /// <inheritdoc/>
    public override void Clear() => (_first, _second) = (null!, null!);

    private void Add(Tape tape, Variable part, int offset)
    {
        if (!part.RequiresGradient)
        {
            return;
        }

        int columns = part.Shape.Columns, all = Output.Shape.Columns;
        Span<float> target = tape.GradientToAdd(part).Span;
        ReadOnlySpan<float> gradient = Output.Gradient.Span;
        for (int row = 0; row < part.Shape.Rows; row++)
        {
            ReadOnlySpan<float> own = gradient.Slice((row * all) + offset, columns);
            Span<float> to = target.Slice(row * columns, columns);
            for (int i = 0; i < columns; i++)
            {
                to[i] += own[i];
            }
        }
    }
}
