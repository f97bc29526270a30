using TransformerXL.Tensors.Memory;

namespace TransformerXL.Tensors.Inference;

/// <summary>
/// Forward operations without a tape, on weights and memories that a <see cref="Backend"/> created. They write into tensors of the caller
/// and allocate nothing. A product of few rows takes as long as reading the weight.
/// </summary>
public static partial class InferenceOperations
{
    /// <summary>A product of up to this many rows reads the weight once for all of them and needs no copy of it.</summary>
    public const int FewRows = 8;

    /// <summary>
    /// -log softmax(x W^T + bias)[target] of each row in nats. Logits are computed one block of the vocabulary at a time, so
    /// those of a large vocabulary are never stored.
    /// </summary>
    /// <param name="backend">The backend that computes.</param>
    /// <param name="input">x: (rows, D).</param>
    /// <param name="weight">W: (V, D); x is rounded as it is.</param>
    /// <param name="bias">(V).</param>
    /// <param name="targets">A token id for each row.</param>
    /// <param name="workspace">Working memory: at least 4 floats for each row, 35 in 8 bits; what exceeds 3 for each row holds a block of logits.</param>
    /// <param name="nll">Receives the result of each row.</param>
    /// <exception cref="ArgumentException">Shapes do not fit, or a target is outside the vocabulary.</exception>
    public static void NegativeLogLikelihood(
        this Backend backend, Tensor input, InferenceWeight weight, Tensor bias, IndexTensor targets, Tensor workspace, Span<float> nll)
    {
        ArgumentNullException.ThrowIfNull(backend);
        ArgumentNullException.ThrowIfNull(weight);
        int rows = input.Shape.Rows, vocabulary = weight.Outputs;
        using BackendUse use = backend.Enter();
        Equal("negative log-likelihood", "the number of targets", targets.Count, rows);
        Equal("negative log-likelihood", "the number of results", nll.Length, rows);
        AtLeast("negative log-likelihood", "the size of the workspace", workspace.Count, (3L + weight.RowMultiple) * rows);
        CheckTargets(targets.Span, vocabulary);
        if (rows == 0)
        {
            return;
        }

        Tensor flat = workspace.Reshape(new Shape(checked((int)workspace.Count)));
        int columns = (int)(workspace.Count / rows) - 3;
        columns = Math.Min(vocabulary, columns - (columns % weight.RowMultiple));
        Tensor statistics = flat.Slice(0, 3 * rows), logits = flat.Slice(3 * rows, rows * columns);
        for (int first = 0; first < vocabulary; first += columns)
        {
            int count = Math.Min(columns, vocabulary - first);
            Tensor block = logits.Slice(0, rows * count).Reshape(new Shape(rows, count)), biases = bias.Slice(first, count);
            CheckLinear(input, weight.Depth, count, biases, block);
            backend.LinearRows(input, weight, first, count, biases, block, Activation.None, RowProducts.ByCount);
            backend.CrossEntropyAccumulate(block, first, targets, statistics);
        }

        ReadOnlySpan<float> values = statistics.Span;
        for (int row = 0; row < rows; row++)
        {
            nll[row] = values[row] + PortableMath.Log(values[rows + row]) - values[(2 * rows) + row];
        }
    }

    private static void CheckTargets(ReadOnlySpan<int> targets, int vocabulary)
    {
        foreach (int id in targets)
        {
            if ((uint)id >= (uint)vocabulary)
            {
                throw new ArgumentOutOfRangeException(nameof(targets), $"negative log-likelihood: id {id} is outside the vocabulary of {vocabulary}");
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

    private static void AtLeast(string operation, string what, long actual, long min)
    {
        if (actual < min)
        {
            throw new ArgumentException($"{operation}: {what} is {actual}, but at least {min} is needed");
        }
    }
}
