using TransformerXL.Tensors.Kernels;
using TransformerXL.Tensors.Kernels.CrossEntropy;
using TransformerXL.Tensors.Kernels.MatrixProduct;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Tensors.Autodiff.Ops;

/// <summary>
/// Mean over all rows of -log softmax(x W^T + b)[target], in nats. The vocabulary passes by in tiles: the logits of a
/// large one are never stored, the backward pass computes them again; a vocabulary that fits one tile keeps them.
/// </summary>
public sealed class CrossEntropyOperation : Operation
{
    private const int MostTileFloats = 1 << 21;
    private const int FewestTileColumns = 256;

    private Variable _input = null!, _weight = null!;
    private Variable? _bias;
    private IndexTensor _targets;
    private Tensor _tile, _statistics;

    internal unsafe Variable Forward(Tape tape, Variable input, Variable weight, Variable? bias, IndexTensor targets, Tensor perToken)
    {
        int rows = input.Shape.Rows, vocabulary = weight.Shape[0];
        Check.Equal("cross-entropy", "the length of an input row", input.Shape.Columns, weight.Shape[1]);
        Check.Equal("cross-entropy", "the number of targets", targets.Count, rows);
        if (bias is not null)
        {
            Check.Equal("cross-entropy", "the length of the bias", bias.Value.Count, vocabulary);
        }

        if (!perToken.IsEmpty)
        {
            Check.Equal("cross-entropy", "the number of nlls", perToken.Count, rows);
        }

        foreach (int target in targets.Span)
        {
            if ((uint)target >= (uint)vocabulary)
            {
                throw new ArgumentOutOfRangeException(nameof(targets), $"cross-entropy: target {target} is outside the vocabulary of {vocabulary}");
            }
        }

        (_input, _weight, _bias, _targets) = (input, weight, bias, targets);
        int tileColumns = Math.Min(vocabulary, Math.Max(FewestTileColumns, MostTileFloats / rows));
        _tile = tape.Allocate(new Shape(rows, tileColumns));
        _statistics = tape.Allocate(new Shape(3, rows));
        for (int first = 0; first < vocabulary; first += tileColumns)
        {
            LogitTile tile = Tile(first);
            Logits(tape.Backend.Kernels, tile);
            tape.Backend.Kernels.CrossEntropyAccumulate(tile);
        }

        Variable output = tape.NewVariable(new Shape(1), requiresGradient: true);
        output.Value.Span[0] = (float)Mean(perToken.IsEmpty ? [] : perToken.Span);
        return tape.Record(this, output);
    }

    internal override unsafe void Backward(Tape tape)
    {
        KernelSet kernels = tape.Backend.Kernels;
        int rows = _input.Shape.Rows, columns = _input.Shape.Columns, vocabulary = _weight.Shape[0], tileColumns = _tile.Shape[1];
        float scale = Output.Gradient.Span[0] / rows;
        Tensor weightGradient = tape.Gradient(_weight, out bool addWeight);
        Tensor biasGradient = _bias is null ? default : tape.GradientToAdd(_bias);
        Tensor inputGradient = tape.Gradient(_input, out bool addInput);
        for (int first = 0; first < vocabulary; first += tileColumns, addInput = true)
        {
            LogitTile tile = Tile(first);
            if (tileColumns < vocabulary)
            {
                Logits(kernels, tile);
            }

            kernels.CrossEntropyGradient(tile, scale);
            MatrixOperand gradient = new(tile.Logits, tile.Columns, 1);
            Products.Multiply(kernels, tile.Columns, columns, rows, gradient.Transposed, Products.Rows(_input.Value), weightGradient.Pointer + ((nint)first * columns), addWeight);
            Products.Multiply(kernels, rows, columns, tile.Columns, gradient, Products.Rows(_weight.Value.Slice(first, tile.Columns)), inputGradient.Pointer, addInput);
            if (_bias is not null)
            {
                kernels.AddColumnSums(tile.Logits, rows, tile.Columns, biasGradient.Pointer + first);
            }
        }
    }

    internal override void Clear()
    {
        (_input, _weight, _bias, _targets) = (null!, null!, null, default);
        (_tile, _statistics) = (default, default);
    }

    private unsafe LogitTile Tile(int first)
    {
        int rows = _input.Shape.Rows;
        return new LogitTile
        {
            Rows = rows,
            Columns = Math.Min(_tile.Shape[1], _weight.Shape[0] - first),
            FirstToken = first,
            Logits = _tile.Pointer,
            Targets = _targets.Pointer,
            Maximum = _statistics.Pointer,
            Sum = _statistics.Pointer + rows,
            TargetLogit = _statistics.Pointer + (2 * (nint)rows),
        };
    }

    private unsafe void Logits(KernelSet kernels, in LogitTile tile)
    {
        MatrixProductArguments product = new()
        {
            Rows = tile.Rows,
            Columns = tile.Columns,
            Depth = _input.Shape.Columns,
            A = Products.Rows(_input.Value),
            B = Products.Rows(_weight.Value.Slice(tile.FirstToken, tile.Columns)).Transposed,
            C = tile.Logits,
            Stride = tile.Columns,
            Epilogue = { Bias = _bias is null ? null : _bias.Value.Pointer + tile.FirstToken },
        };
        kernels.MatrixProduct(product);
    }

    private double Mean(Span<float> perToken)
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

        return sum / rows;
    }
}
