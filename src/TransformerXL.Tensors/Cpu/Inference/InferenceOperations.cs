using TransformerXL.Tensors.Cpu.CrossEntropy;
using TransformerXL.Tensors.Cpu.Embedding;
using TransformerXL.Tensors.Cpu.LayerNorm;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Tensors.Cpu.Inference;

/// <summary>
/// The forward operations without a tape, into memory that the caller owns. They allocate nothing, and a few rows take a
/// path that is bound by memory alone.
/// </summary>
public static unsafe partial class InferenceOperations
{
    /// <summary>Up to so many rows a product is faster without packing the weight.</summary>
    public const int FewRows = 8;

    /// <summary>y = LayerNorm(x), or LayerNorm(residual + x), over the last axis, epsilon 1e-5.</summary>
    /// <param name="backend">What computes.</param>
    /// <param name="input">x: (..., d); holds residual + x afterwards.</param>
    /// <param name="residual">(..., d), or empty.</param>
    /// <param name="gain">(d).</param>
    /// <param name="bias">(d).</param>
    /// <param name="statistics">Working memory: at least two floats for each row.</param>
    /// <param name="output">y: (..., d); may be the residual.</param>
    /// <exception cref="ArgumentException">Shapes do not fit.</exception>
    public static void LayerNorm(
        this CpuBackend backend, Tensor input, Tensor residual, Tensor gain, Tensor bias, Tensor statistics, Tensor output)
    {
        int rows = input.Shape.Rows, columns = input.Shape.Columns;
        Equal("layer norm", "the length of the gain", gain.Count, columns);
        Equal("layer norm", "the length of the bias", bias.Count, columns);
        Equal("layer norm", "the size of the residual", residual.IsEmpty ? input.Count : residual.Count, input.Count);
        Equal("layer norm", "the size of the output", output.Count, input.Count);
        AtLeast("layer norm", "the size of the statistics", statistics.Count, 2L * rows);
        LayerNormArguments arguments = new()
        {
            Rows = rows,
            Columns = columns,
            Input = input.Pointer,
            Residual = residual.IsEmpty ? null : residual.Pointer,
            Gain = gain.Pointer,
            Bias = bias.Pointer,
            Sum = input.Pointer,
            Mean = statistics.Pointer,
            InverseDeviation = statistics.Pointer + rows,
            Output = output.Pointer,
        };
        backend.Kernels.LayerNormForward(arguments);
        KeepAlive(input, residual, gain, bias);
        KeepAlive(statistics, output, default, default);
    }

    /// <summary>y += x, of the same size.</summary>
    public static void AddTo(this CpuBackend backend, Tensor input, Tensor output)
    {
        Equal("sum", "the size of the output", output.Count, input.Count);
        backend.Kernels.Dropout(default, input.Pointer, output.Pointer, input.Count, add: true);
        KeepAlive(input, output, default, default);
    }

    /// <summary>Rows of a table (V, D) by token id, multiplied by a scale: (ids, D).</summary>
    /// <exception cref="ArgumentException">Shapes do not fit, or an id is outside the table.</exception>
    public static void Embedding(this CpuBackend backend, Tensor table, ReadOnlySpan<int> ids, float scale, Tensor output)
    {
        int columns = table.Shape.Columns;
        Equal("embedding", "the size of the output", output.Count, (long)ids.Length * columns);
        CheckIds("embedding", ids, table.Shape[0]);
        fixed (int* pointer = ids)
        {
            EmbeddingArguments arguments = new() { Rows = ids.Length, Columns = columns, Ids = pointer, Table = table.Pointer, Scale = scale };
            backend.Kernels.EmbeddingForward(arguments, output.Pointer);
        }

        KeepAlive(table, output, default, default);
    }

    /// <summary>
    /// -log softmax(x W^T + bias)[target] of each row in nats. The vocabulary passes by in tiles, so that the logits of a
    /// large one are never stored.
    /// </summary>
    /// <param name="backend">What computes.</param>
    /// <param name="input">x: (rows, D).</param>
    /// <param name="weight">W: (V, D); x is rounded as it is.</param>
    /// <param name="bias">(V).</param>
    /// <param name="targets">A token id for each row.</param>
    /// <param name="workspace">Working memory: at least 4 floats for each row, 35 in 8 bits; what is beyond 3 for each row holds the tile of logits.</param>
    /// <param name="nll">Takes the result of each row.</param>
    /// <exception cref="ArgumentException">Shapes do not fit, or a target is outside the vocabulary.</exception>
    public static void NegativeLogLikelihood(
        this CpuBackend backend, Tensor input, InferenceWeight weight, Tensor bias, ReadOnlySpan<int> targets, Tensor workspace, Span<float> nll)
    {
        ArgumentNullException.ThrowIfNull(weight);
        int rows = input.Shape.Rows, vocabulary = weight.Outputs;
        using BackendUse use = backend.Enter();
        Equal("negative log-likelihood", "the number of targets", targets.Length, rows);
        Equal("negative log-likelihood", "the number of results", nll.Length, rows);
        AtLeast("negative log-likelihood", "the size of the workspace", workspace.Count, (3L + weight.RowMultiple) * rows);
        CheckIds("negative log-likelihood", targets, vocabulary);
        if (rows == 0)
        {
            return;
        }

        Tensor flat = workspace.Reshape(new Shape(checked((int)workspace.Count)));
        int columns = (int)(workspace.Count / rows) - 3;
        columns = Math.Min(vocabulary, columns - (columns % weight.RowMultiple));
        Tensor statistics = flat.Slice(0, 3 * rows), logits = flat.Slice(3 * rows, rows * columns);
        fixed (int* pointer = targets)
        {
            for (int first = 0; first < vocabulary; first += columns)
            {
                int count = Math.Min(columns, vocabulary - first);
                LinearPart(backend, input, weight, first, count, bias.Slice(first, count), logits.Slice(0, rows * count), Activation.None);
                LogitTile tile = new()
                {
                    Rows = rows,
                    Columns = count,
                    FirstToken = first,
                    Logits = logits.Pointer,
                    Targets = pointer,
                    Maximum = statistics.Pointer,
                    Sum = statistics.Pointer + rows,
                    TargetLogit = statistics.Pointer + (2 * (nint)rows),
                };
                backend.Kernels.CrossEntropyAccumulate(tile);
            }
        }

        ReadOnlySpan<float> values = statistics.Span;
        for (int row = 0; row < rows; row++)
        {
            nll[row] = values[row] + MathF.Log(values[rows + row]) - values[(2 * rows) + row];
        }

        workspace.KeepAlive();
    }

    /// <summary>A caller that no longer needs a tensor must not have it freed while a kernel works on its address.</summary>
    private static void KeepAlive(Tensor first, Tensor second, Tensor third, Tensor fourth)
    {
        first.KeepAlive();
        second.KeepAlive();
        third.KeepAlive();
        fourth.KeepAlive();
    }

    private static void CheckIds(string operation, ReadOnlySpan<int> ids, int vocabulary)
    {
        foreach (int id in ids)
        {
            if ((uint)id >= (uint)vocabulary)
            {
                throw new ArgumentOutOfRangeException(nameof(ids), $"{operation}: id {id} is outside the vocabulary of {vocabulary}");
            }
        }
    }

    private static void Equal(string operation, string what, long actual, long expected)
    {
        if (actual != expected)
        {
            throw new ArgumentException($"{operation}: {what} is {actual}, but {expected} is needed");
        }
    }

    private static void AtLeast(string operation, string what, long actual, long least)
    {
        if (actual < least)
        {
            throw new ArgumentException($"{operation}: {what} is {actual}, but at least {least} is needed");
        }
    }
}
