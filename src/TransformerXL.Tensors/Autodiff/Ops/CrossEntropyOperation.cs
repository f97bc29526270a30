using TransformerXL.Tensors.Memory;

namespace TransformerXL.Tensors.Autodiff.Ops;

/// <summary>
/// The sum over all rows of -log softmax([x Wa^T + ba, x Wb^T + bb])[target], in nats, over a divisor; Wa and Wb are rows of
/// weights, Wb may be missing. Logits are computed one block of the vocabulary at a time: those of a large vocabulary are never stored, the backward
/// pass computes them again; a vocabulary that fits one tile keeps them.
/// </summary>
public sealed class CrossEntropyOperation : Operation
{
    private const int MaxTileFloats = 1 << 21;
    private const int MinTileColumns = 256;

    private Variable _input = null!;
    private SoftmaxPart _first, _second;
    private IndexTensor _targets;
    private Tensor _logits, _statistics;
    private int _divisor;

    private int Vocabulary => _first.Count + _second.Count;

    private int TileColumns => _logits.Shape[1];

    internal Variable Forward(
        Tape tape, Variable input, SoftmaxPart first, SoftmaxPart? second, IndexTensor targets, int divisor, Tensor perToken)
    {
        (_input, _first, _second, _targets, _divisor) = (input, first, second ?? default, targets, divisor);
        int rows = input.Shape.Rows;
        CheckSizes(perToken);
        _logits = tape.Allocate(new Shape(rows, Math.Min(Vocabulary, Math.Max(MinTileColumns, MaxTileFloats / rows))));
        _statistics = tape.Allocate(new Shape(3, rows));
        Accumulate(tape, first, firstToken: 0);
        Accumulate(tape, _second, firstToken: first.Count);
        Variable output = tape.NewVariable(new Shape(1), requiresGradient: true);
        output.Value.Span[0] = (float)(Sum(perToken.IsEmpty ? [] : perToken.Span) / divisor);
        return tape.Record(this, output);
    }

    /// <inheritdoc/>
    public override void Backward(Tape tape)
    {
        Tensor inputGradient = tape.Gradient(_input, out bool addInput);
        Backward(tape, _first, firstToken: 0, inputGradient, addInput);
        if (_second.Count > 0)
        {
            Backward(tape, _second, firstToken: _first.Count, inputGradient, addInput: true);
        }
    }

    /// <inheritdoc/>
    public override void Clear()
    {
        (_input, _first, _second, _targets) = (null!, default, default, default);
        (_logits, _statistics) = (default, default);
    }

    private void Accumulate(Tape tape, in SoftmaxPart part, int firstToken)
    {
        for (int column = 0; column < part.Count; column += TileColumns)
        {
            Tensor tile = Tile(part, firstToken, column);
            Logits(tape, part, column, tile);
            tape.Backend.CrossEntropyAccumulate(tile, firstToken + column, _targets, _statistics);
        }
    }

    private void Backward(Tape tape, in SoftmaxPart part, int firstToken, Tensor inputGradient, bool addInput)
    {
        float scale = Output.Gradient.Span[0] / _divisor;
        Tensor weightGradient = WeightGradient(tape, part, out bool addWeight);
        Tensor biasGradient = part.Bias is null ? default : tape.GradientToAdd(part.Bias);
        for (int column = 0; column < part.Count; column += TileColumns, addInput = true)
        {
            Tensor tile = Tile(part, firstToken, column);
            if (Vocabulary > TileColumns)
            {
                Logits(tape, part, column, tile);
            }

            tape.Backend.CrossEntropyGradient(tile, firstToken + column, _targets, _statistics, scale);
            Matrix gradient = Matrix.Of(tile);
            int first = part.First + column, count = tile.Shape[1];
            tape.Backend.Multiply(gradient.Transposed, Matrix.Of(_input.Value), weightGradient.Slice(first, count), tape.Precision, addWeight);
            tape.Backend.Multiply(gradient, Matrix.Of(part.Weight.Stored.Slice(first, count)), inputGradient, tape.Precision, addInput);
            if (part.Bias is not null)
            {
                tape.Backend.AddColumnSums(tile, biasGradient.Part(first, new Shape(count)));
            }
        }
    }

    /// <summary>A part that covers its whole weight writes every row of the gradient; otherwise the other rows must be zeroed first.</summary>
    private static Tensor WeightGradient(Tape tape, in SoftmaxPart part, out bool add)
    {
        if (part.Count == part.Weight.Shape[0])
        {
            return tape.Gradient(part.Weight, out add);
        }

        add = true;
        return tape.GradientToAdd(part.Weight);
    }

    /// <summary>The tile of a part that begins at one of its columns. Stored tiles are consecutive in memory, others share the same memory.</summary>
    private Tensor Tile(in SoftmaxPart part, int firstToken, int column)
    {
        int rows = _input.Shape.Rows;
        long start = Vocabulary > TileColumns ? 0 : (long)rows * (firstToken + column);
        return _logits.Part(start, new Shape(rows, Math.Min(TileColumns, part.Count - column)));
    }

    private void Logits(Tape tape, in SoftmaxPart part, int column, Tensor tile)
    {
        int first = part.First + column, count = tile.Shape[1];
        Tensor bias = part.Bias is null ? default : part.Bias.Value.Part(first, new Shape(count));
        tape.Backend.Linear(Matrix.Of(_input.Value), Matrix.Of(part.Weight.Stored.Slice(first, count)).Transposed, tile, tape.Precision, bias);
    }

    private double Sum(Span<float> perToken)
    {
        int rows = _input.Shape.Rows;
        ReadOnlySpan<float> statistics = _statistics.Span;
        double sum = 0;
        for (int row = 0; row < rows; row++)
        {
            float nll = statistics[row] + PortableMath.Log(statistics[rows + row]) - statistics[(2 * rows) + row];
            sum += nll;
            if (perToken.Length > 0)
            {
                perToken[row] = nll;
            }
        }

        return sum;
    }

    private void CheckSizes(Tensor perToken)
    {
        int rows = _input.Shape.Rows;
        Check.AtLeast("cross-entropy", "the number of rows", rows, 1);
        Check.AtLeast("cross-entropy", "the divisor", _divisor, 1);
        CheckPart(_first);
        if (_second.Weight is not null)
        {
            CheckPart(_second);
        }

        Check.Equal("cross-entropy", "the number of targets", _targets.Count, rows);
        CheckTargets(_targets.Span, Vocabulary);
        if (!perToken.IsEmpty)
        {
            Check.Equal("cross-entropy", "the number of nlls", perToken.Count, rows);
        }
    }

    private static void CheckTargets(ReadOnlySpan<int> targets, int vocabulary)
    {
        foreach (int target in targets)
        {
            if ((uint)target >= (uint)vocabulary)
            {
                throw new ArgumentOutOfRangeException(nameof(targets), $"cross-entropy: target {target} is outside the vocabulary of {vocabulary}");
            }
        }
    }

    private void CheckPart(in SoftmaxPart part)
    {
        Check.Equal("cross-entropy", "the length of an input row", _input.Shape.Columns, part.Weight.Shape[1]);
        Check.AtLeast("cross-entropy", "the first row of a part", part.First, 0);
        Check.AtLeast("cross-entropy", "the number of rows of a part", part.Count, 1);
        Check.AtLeast("cross-entropy", "the number of rows of a weight", part.Weight.Shape[0], (long)part.First + part.Count);
        if (part.Bias is not null)
        {
            Check.Equal("cross-entropy", "the length of the bias", part.Bias.Value.Count, part.Weight.Shape[0]);
        }
    }
}
