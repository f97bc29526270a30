using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Heads;

/// <summary>The logits of the linear model over n-grams: of each text the sum of the rows of its n-grams, divided by the square root of their number.</summary>
internal sealed class NGramOperation : Operation
{
    private Variable _table = null!;
    private List<NGram>[] _found = [];

    /// <param name="tape">The tape.</param>
    /// <param name="table">(rows, C).</param>
    /// <param name="found">The n-grams of each of B texts.</param>
    /// <returns>(B, C).</returns>
    public Variable Forward(Tape tape, Variable table, List<NGram>[] found)
    {
        (_table, _found) = (table, found);
        int outputs = table.Shape.Columns;
        Variable output = tape.NewVariable(new Shape(found.Length, outputs), table.RequiresGradient);
        output.Value.Span.Clear();
        for (int text = 0; text < found.Length; text++)
        {
            Add(text, table.Value.Span, output.Value.Span.Slice(text * outputs, outputs), isBackward: false);
        }

        return tape.Record(this, output);
    }

    public override void Backward(Tape tape)
    {
        Span<float> gradient = tape.GradientToAdd(_table).Span;
        int outputs = _table.Shape.Columns;
        for (int text = 0; text < _found.Length; text++)
        {
            Add(text, gradient, Output.Gradient.Span.Slice(text * outputs, outputs), isBackward: true);
        }
    }

    public override void Clear() => (_table, _found) = (null!, []);

    /// <summary>Adds the rows of a text to its logits, or the gradient of its logits to the rows.</summary>
    private void Add(int text, Span<float> table, Span<float> logits, bool isBackward)
    {
        float scale = 1 / MathF.Sqrt(Math.Max(1, _found[text].Count));
        foreach (NGram ngram in _found[text])
        {
            Span<float> row = table.Slice(ngram.Row * logits.Length, logits.Length), to = isBackward ? row : logits, from = isBackward ? logits : row;
            for (int label = 0; label < to.Length; label++)
            {
                to[label] += scale * from[label];
            }
        }
    }
}
