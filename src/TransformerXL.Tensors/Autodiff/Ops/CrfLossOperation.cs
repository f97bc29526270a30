using TransformerXL.Tensors.Memory;

namespace TransformerXL.Tensors.Autodiff.Ops;

/// <summary>
/// The loss of a conditional random field of a linear chain (Lafferty, McCallum and Pereira 2001; over the outputs of a network: Lample et al. 2016,
/// section 2.2). Emissions z (N, C) are those of the elements of all sequences, one sequence after the other. A label sequence y of n elements has the score
/// <code>
/// s(y) = start_(y_0) + sum over t of z_t(y_t) + sum over t above 0 of A_(y_(t-1), y_t) + end_(y_(n-1))
/// loss = 1/N sum over sequences of (log sum over all y of exp(s(y)) - s(targets))
/// </code>
/// The gradient is exact, by the forward-backward algorithm: the expected number of uses of each score less the number in the targets.
/// </summary>
public sealed class CrfLossOperation : Operation
{
    private readonly CrfSums _sums = new();
    private Variable _emissions = null!, _transitions = null!, _start = null!, _end = null!;
    private IndexTensor _targets;

    internal Variable Forward(Tape tape, Variable emissions, Variable transitions, Variable start, Variable end, IndexTensor targets, IndexTensor lengths)
    {
        CheckShapes(emissions.Shape, transitions.Shape, start.Shape, end.Shape, lengths.Span);
        Check.AtLeast("crf loss", "the number of elements", emissions.Shape.Rows, 1);
        Check.Equal("crf loss", "the number of targets", targets.Count, emissions.Shape.Rows);
        Check.Below("crf loss", "a target", targets.Span, emissions.Shape.Columns);
        (_emissions, _transitions, _start, _end, _targets) = (emissions, transitions, start, end, targets);
        _sums.Forward(tape, emissions.Value, transitions.Value, start.Value, end.Value, lengths.Span);
        double loss = 0;
        for (int slot = 0; slot < lengths.Count; slot++)
        {
            loss += _sums.LogPartition(slot) - Score(slot);
        }

        Variable output = tape.NewVariable(new Shape(1), requiresGradient: true);
        output.Value.Span[0] = (float)(loss / targets.Count);
        return tape.Record(this, output);
    }

    /// <inheritdoc/>
    public override void Backward(Tape tape)
    {
        _sums.Backward();
        double scale = (double)Output.Gradient.Span[0] / _targets.Count;
        AddTransitions(tape, scale);
        if (_emissions.RequiresGradient)
        {
            AddEmissions(tape.GradientToAdd(_emissions).Span, scale);
        }

        if (_start.RequiresGradient)
        {
            AddEnds(tape.GradientToAdd(_start).Span, scale, isStart: true);
        }

        if (_end.RequiresGradient)
        {
            AddEnds(tape.GradientToAdd(_end).Span, scale, isStart: false);
        }
    }

    /// <inheritdoc/>
    public override void Clear()
    {
        (_emissions, _transitions, _start, _end, _targets) = (null!, null!, null!, null!, default);
        _sums.Clear();
    }

    internal static void CheckShapes(Shape emissions, Shape transitions, Shape start, Shape end, ReadOnlySpan<int> lengths)
    {
        const string Name = "crf loss";
        Check.Equal(Name, "the number of axes of the emissions", emissions.Rank, 2);
        int labels = emissions.Columns;
        Check.Shape(Name, "the shape of the transitions", transitions, new Shape(labels, labels));
        Check.Shape(Name, "the shape of the start", start, new Shape(labels));
        Check.Shape(Name, "the shape of the end", end, new Shape(labels));
        long elements = 0;
        foreach (int length in lengths)
        {
            Check.AtLeast(Name, "a length", length, 0);
            elements += length;
        }

        Check.Equal(Name, "the sum of the lengths", elements, emissions.Rows);
    }

    /// <summary>s(targets) of a sequence.</summary>
    private double Score(int slot)
    {
        CrfLayout layout = _sums.Layout;
        ReadOnlySpan<int> targets = _targets.Span;
        ReadOnlySpan<float> z = _emissions.Value.Span, transitions = _transitions.Value.Span;
        int labels = _start.Shape.Columns, last = -1;
        double score = 0;
        for (int step = 0; slot < layout.CountAt(step); step++)
        {
            int element = layout.ElementAt(step, slot), label = targets[element];
            score += z[(element * labels) + label] + (double)(step == 0 ? _start.Value.Span[label] : transitions[(last * labels) + label]);
            last = label;
        }

        return last < 0 ? 0 : score + _end.Value.Span[last];
    }

    private void AddTransitions(Tape tape, double scale)
    {
        if (!_transitions.RequiresGradient)
        {
            return;
        }

        Tensor gradient = tape.GradientToAdd(_transitions);
        _sums.AddTransitions(gradient, scale);
        CrfLayout layout = _sums.Layout;
        ReadOnlySpan<int> targets = _targets.Span;
        Span<float> values = gradient.Span;
        int labels = _start.Shape.Columns;
        for (int step = 1; step < layout.Steps; step++)
        {
            for (int slot = 0; slot < layout.CountAt(step); slot++)
            {
                int element = layout.ElementAt(step, slot);
                values[(targets[element - 1] * labels) + targets[element]] -= (float)scale;
            }
        }
    }

    private void AddEmissions(Span<float> gradient, double scale)
    {
        CrfLayout layout = _sums.Layout;
        int labels = _start.Shape.Columns;
        for (int step = 0; step < layout.Steps; step++)
        {
            for (int slot = 0; slot < layout.CountAt(step); slot++)
            {
                int element = layout.ElementAt(step, slot), row = layout.StartOf(step) + slot;
                Span<float> target = gradient.Slice(element * labels, labels);
                for (int label = 0; label < labels; label++)
                {
                    target[label] += (float)(scale * (_sums.Marginal(row, label) - (label == _targets.Span[element] ? 1 : 0)));
                }
            }
        }
    }

    /// <summary>The gradient of the scores of first or of last labels.</summary>
    private void AddEnds(Span<float> gradient, double scale, bool isStart)
    {
        CrfLayout layout = _sums.Layout;
        for (int step = 0; step < layout.Steps; step++)
        {
            int first = isStart ? 0 : layout.CountAt(step + 1), after = isStart && step > 0 ? 0 : layout.CountAt(step);
            for (int slot = first; slot < after; slot++)
            {
                int row = layout.StartOf(step) + slot;
                for (int label = 0; label < gradient.Length; label++)
                {
                    gradient[label] += (float)(scale * _sums.Marginal(row, label));
                }

                gradient[_targets.Span[layout.ElementAt(step, slot)]] -= (float)scale;
            }
        }
    }
}
