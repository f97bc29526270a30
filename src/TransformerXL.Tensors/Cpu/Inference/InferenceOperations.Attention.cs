using TransformerXL.Tensors.Cpu.RelativeAttention;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Tensors.Cpu.Inference;

/// <content>Attention over cached keys and values.</content>
public static unsafe partial class InferenceOperations
{
    /// <summary>Up to so many queries attention is faster without packing keys and values.</summary>
    internal const int FewQueries = 8;

    /// <summary>
    /// Causal attention with relative positions (Dai et al. 2019, section 3.3) of the last tokens over cached keys and values,
    /// those of the tokens included.
    /// </summary>
    /// <param name="backend">What computes.</param>
    /// <param name="queries">Rows that begin with the query: (T, B, at least H d_h).</param>
    /// <param name="memory">Keys and values.</param>
    /// <param name="firstKey">The row of the memory that is the oldest key.</param>
    /// <param name="keys">The number of keys; the last T belong to the tokens.</param>
    /// <param name="relative">r.</param>
    /// <param name="contentBias">u: (H, d_h).</param>
    /// <param name="positionBias">v: (H, d_h).</param>
    /// <param name="maxDistance">A key farther back than this is not seen.</param>
    /// <param name="logSumExp">Working memory: at least T B H floats.</param>
    /// <param name="output">(T, B, H d_h), overwritten.</param>
    /// <exception cref="ArgumentException">Sizes do not fit.</exception>
    public static void Attention(
        this CpuBackend backend, Tensor queries, KeyValueMemory memory, int firstKey, int keys, RelativeTable relative,
        Tensor contentBias, Tensor positionBias, int maxDistance, Tensor logSumExp, Tensor output) =>
        backend.Attention(
            queries, memory, firstKey, keys, relative, contentBias, positionBias, Visibility.Causal(maxDistance), logSumExp, output);

    /// <summary>
    /// Attention over cached keys and values: softmax over the visible keys of
    /// ((q_i + u) . k_j + (q_i + v) . r_{i-j}) / sqrt(d_h) (Dai et al. 2019, section 3.3; without u, v and r: Vaswani et al. 2017).
    /// </summary>
    /// <param name="backend">What computes.</param>
    /// <param name="queries">Rows that begin with the query: (T, B, at least H d_h).</param>
    /// <param name="memory">Keys and values.</param>
    /// <param name="firstKey">The row of the memory that is the first key.</param>
    /// <param name="keys">K: the number of keys; in self-attention the last T belong to the tokens.</param>
    /// <param name="relative">r; null where positions do not enter the scores.</param>
    /// <param name="contentBias">u: (H, d_h), or empty.</param>
    /// <param name="positionBias">v: (H, d_h), or empty.</param>
    /// <param name="visibility">Which keys a token sees.</param>
    /// <param name="logSumExp">Working memory: at least T B H floats.</param>
    /// <param name="output">(T, B, H d_h), overwritten; zeros where a token sees no key or does not exist.</param>
    /// <exception cref="ArgumentException">Sizes do not fit.</exception>
    public static void Attention(
        this CpuBackend backend, Tensor queries, KeyValueMemory memory, int firstKey, int keys, RelativeTable? relative,
        Tensor contentBias, Tensor positionBias, in Visibility visibility, Tensor logSumExp, Tensor output)
    {
        int streams = memory.Streams, width = memory.Heads * memory.HeadSize, columns = queries.Shape.Columns;
        int tokens = queries.Shape.Rows / streams;
        memory.CheckRows(firstKey, keys);
        Equal("attention", "the size of u", contentBias.IsEmpty ? width : contentBias.Count, width);
        Equal("attention", "the size of v", positionBias.IsEmpty ? width : positionBias.Count, width);
        Equal("attention", "the size of the output", output.Count, (long)tokens * streams * width);
        AtLeast("attention", "the length of a query row", columns, width);
        AtLeast("attention", "the size of the workspace", logSumExp.Count, (long)tokens * streams * memory.Heads);
        VisibilityCheck.Sizes(visibility, streams, tokens, keys);
        VisibilityCheck.Positions(visibility, relative is not null);
        CheckTable(relative, memory, visibility, tokens, keys);
        AttentionArguments arguments = new()
        {
            Queries = tokens,
            Keys = keys,
            Streams = streams,
            Heads = memory.Heads,
            HeadSize = memory.HeadSize,
            Visibility = visibility,
            Query = new HeadRows(queries.Pointer, (nint)streams * columns, columns),
            StoredPrecision = memory.StoredPrecision,
            Precision = memory.StoredPrecision,
            Key = memory.Keys(firstKey),
            Value = memory.Values(firstKey),
            Output = new HeadRows(output.Pointer, (nint)streams * width, width),
            Relative = relative is null ? default : relative.From(keys),
            ContentBias = contentBias.IsEmpty ? null : contentBias.Pointer,
            PositionBias = positionBias.IsEmpty ? null : positionBias.Pointer,
            LogSumExp = logSumExp.Pointer,
        };
        Compute(backend, arguments);
        KeepAlive(queries, contentBias, positionBias, logSumExp);
        output.KeepAlive();
        GC.KeepAlive(memory);
        GC.KeepAlive(relative);
    }

    /// <summary>The kernel is chosen by the queries of a stream alone, so that its bits are the same in any batch.</summary>
    private static void Compute(CpuBackend backend, AttentionArguments arguments)
    {
        using BackendUse use = backend.Enter();
        if (arguments.Queries <= FewQueries)
        {
            backend.Kernels.FewQueriesAttention(arguments);
            return;
        }

        if (arguments.Visibility.HasLengths)
        {
            arguments.MaxQueries = FewQueries;
            backend.Kernels.FewQueriesAttention(arguments);
            (arguments.MinQueries, arguments.MaxQueries) = (FewQueries + 1, 0);
        }

        backend.Kernels.AttentionForward(arguments);
    }

    private static void CheckTable(RelativeTable? relative, KeyValueMemory memory, in Visibility visibility, int tokens, int keys)
    {
        if (relative is null)
        {
            return;
        }

        Equal("attention", "the heads of the relative rows", relative.Heads, memory.Heads);
        Equal("attention", "the size of a relative row's head", relative.HeadSize, memory.HeadSize);
        if (relative.StoredPrecision != memory.StoredPrecision)
        {
            throw new ArgumentException($"attention: the relative rows are kept as {relative.StoredPrecision}, but keys and values as {memory.StoredPrecision}");
        }

        AtLeast("attention", "the number of relative rows", relative.Count, keys);
        AtLeast("attention", "the number of relative rows for keys after the query", relative.After, visibility.RelativeRows(tokens, keys) - keys);
    }
}
