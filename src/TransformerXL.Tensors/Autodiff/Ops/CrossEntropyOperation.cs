using TransformerXL.Tensors.Cpu;
using TransformerXL.Tensors.Cpu.CrossEntropy;
using TransformerXL.Tensors.Cpu.MatrixProduct;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Tensors.Autodiff.Ops;

/// <summary>
/// The sum over all rows of -log softmax([x Wa^T + ba, x Wb^T + bb])[target], in nats, over a divisor; Wa and Wb are rows of
/// weights, Wb may be missing. The vocabulary passes by in tiles: the logits of a large one are never stored, the backward
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

    internal override void Backward(Tape tape)
    {
        Tensor inputGradient = tape.Gradient(_input, out bool addInput);
        Backward(tape, _first, firstToken: 0, inputGradient, addInput);
        if (_second.Count > 0)
        {
            Backward(tape, _second, firstToken: _first.Count, inputGradient, addInput: true);
        }
    }

    internal override void Clear()
    {
        (_input, _first, _second, _targets) = (null!, default, default, default);
        (_logits, _statistics) = (default, default);
    }

    private void Accumulate(Tape tape, in SoftmaxPart part, int firstToken)
    {
        for (int column = 0; column < part.Count; column += TileColumns)
        {
            LogitTile tile = Tile(part, firstToken, column);
            Logits(tape, part, column, tile);
            tape.Backend.Kernels.CrossEntropyAccumulate(tile);
        }
    }

    private unsafe void Backward(Tape tape, in SoftmaxPart part, int firstToken, Tensor inputGradient, bool addInput)
    {
        KernelSet kernels = tape.Backend.Kernels;
        int rows = _input.Shape.Rows, depth = _input.Shape.Columns;
        float scale = Output.Gradient.Span[0] / _divisor;
        Tensor weightGradient = WeightGradient(tape, part, out bool addWeight);
        Tensor biasGradient = part.Bias is null ? default : tape.GradientToAdd(part.Bias);
        for (int column = 0; column < part.Count; column += TileColumns, addInput = true)
        {
            LogitTile tile = Tile(part, firstToken, column);
            if (Vocabulary > TileColumns)
            {
                Logits(tape, part, column, tile);
            }

            kernels.CrossEntropyGradient(tile, scale);
            MatrixOperand gradient = new(tile.Logits, tile.Columns, 1);
            Tensor weight = part.Weight.Value.Slice(part.First + column, tile.Columns);
            Tensor target = weightGradient.Slice(part.First + column, tile.Columns);
            Products.Multiply(tape, tile.Columns, depth, rows, gradient.Transposed, Products.Rows(_input.Value), target.Pointer, addWeight);
            Products.Multiply(tape, rows, depth, tile.Columns, gradient, Products.Rows(weight), inputGradient.Pointer, addInput);
            if (part.Bias is not null)
            {
                kernels.AddColumnSums(tile.Logits, rows, tile.Columns, biasGradient.Pointer + part.First + column);
            }
        }
    }

    /// <summary>A part that covers its weight writes every row of the gradient; another leaves rows that must be zero.</summary>
    private static Tensor WeightGradient(Tape tape, in SoftmaxPart part, out bool add)
    {
        if (part.Count == part.Weight.Shape[0])
        {
            return tape.Gradient(part.Weight, out add);
        }

        add = true;
        return tape.GradientToAdd(part.Weight);
    }

    /// <summary>The tile of a part from a column of it on. Tiles that are kept lie one after the other, others in the same place.</summary>
    private unsafe LogitTile Tile(in SoftmaxPart part, int firstToken, int column)
    {
        int rows = _input.Shape.Rows;
        return new LogitTile
        {
            Rows = rows,
            Columns = Math.Min(TileColumns, part.Count - column),
            FirstToken = firstToken + column,
            Logits = _logits.Pointer + (Vocabulary > TileColumns ? 0 : (nint)rows * (firstToken + column)),
            Targets = _targets.Pointer,
            Maximum = _statistics.Pointer,
            Sum = _statistics.Pointer + rows,
            TargetLogit = _statistics.Pointer + (2 * (nint)rows),
        };
    }

    private unsafe void Logits(Tape tape, in SoftmaxPart part, int column, in LogitTile tile)
    {
        int first = part.First + column;
        MatrixProductArguments product = new()
        {
            Rows = tile.Rows,
            Columns = tile.Columns,
            Depth = _input.Shape.Columns,
            Precision = tape.Precision,
            A = Products.Rows(_input.Value),
            B = Products.Rows(part.Weight.Value.Slice(first, tile.Columns)).Transposed,
            C = tile.Logits,
            Stride = tile.Columns,
            Epilogue = { Bias = part.Bias is null ? null : part.Bias.Value.Pointer + first },
        };
        tape.Backend.Kernels.MatrixProduct(product);
    }

    private double Sum(Span<float> perToken)
    {
        int rows = _input.Shape.Rows;
        ReadOnlySpan<float> statistics = _statistics.Span;
        double sum = 0;
        for (int row = 0; row < rows; row++)
        {
            float nll = statistics[row] + MathF.Log(statistics[rows + row]) - statistics[(2 * rows) + row];
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
