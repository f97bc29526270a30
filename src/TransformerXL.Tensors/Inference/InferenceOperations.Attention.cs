using TransformerXL.Tensors.Memory;

namespace TransformerXL.Tensors.Inference;

/// <content>Attention over cached keys and values.</content>
public static partial class InferenceOperations
{
    /// <summary>
    /// Causal attention with relative positions (Dai et al. 2019, section 3.3) of the last tokens over cached keys and values,
    /// those of the tokens included.
    /// </summary>
    /// <param name="backend">The backend that computes.</param>
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
        this Backend backend, Tensor queries, KeyValueMemory memory, int firstKey, int keys, RelativeTable relative,
        Tensor contentBias, Tensor positionBias, int maxDistance, Tensor logSumExp, Tensor output) =>
        backend.Attention(
            queries, memory, firstKey, keys, relative, contentBias, positionBias, Visibility.Causal(maxDistance), logSumExp, output);

    /// <summary>
    /// Attention over cached keys and values: softmax over the visible keys of
    /// ((q_i + u) . k_j + (q_i + v) . r_{i-j}) / sqrt(d_h) (Dai et al. 2019, section 3.3; without u, v and r: Vaswani et al. 2017).
    /// </summary>
    /// <param name="backend">The backend that computes.</param>
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
        this Backend backend, Tensor queries, KeyValueMemory memory, int firstKey, int keys, RelativeTable? relative,
        Tensor contentBias, Tensor positionBias, in Visibility visibility, Tensor logSumExp, Tensor output)
    {
        ArgumentNullException.ThrowIfNull(backend);
        ArgumentNullException.ThrowIfNull(memory);
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
        VisibilityCheck.NoRanks(visibility);
        CheckTable(relative, memory, visibility, tokens, keys);
        backend.CachedAttention(new CachedAttentionTensors
        {
            Queries = queries,
            Memory = memory,
            FirstKey = firstKey,
            Keys = keys,
            Relative = relative,
            ContentBias = contentBias,
            PositionBias = positionBias,
            Visibility = visibility,
            LogSumExp = logSumExp,
            Output = output,
        });
    }

    /// <summary>
    /// Attention of the last token of each of several texts, which differ in length, over the keys and values of that text, the token's own included: for each the same bits
    /// as alone.
    /// </summary>
    /// <param name="backend">The backend that computes.</param>
    /// <param name="queries">Rows that begin with the query: (texts, at least H d_h).</param>
    /// <param name="texts">The keys and values of each text, in memories of one stream and the same sizes.</param>
    /// <param name="relative">r.</param>
    /// <param name="contentBias">u: (H, d_h).</param>
    /// <param name="positionBias">v: (H, d_h).</param>
    /// <param name="maxDistance">A key farther back than this is not seen.</param>
    /// <param name="logSumExp">Working memory: at least (texts, H) floats.</param>
    /// <param name="output">(texts, H d_h), overwritten.</param>
    /// <exception cref="ArgumentException">Sizes do not fit.</exception>
    public static void Attention(
        this Backend backend, Tensor queries, ReadOnlySpan<CachedKeys> texts, RelativeTable relative, Tensor contentBias, Tensor positionBias,
        int maxDistance, Tensor logSumExp, Tensor output)
    {
        ArgumentNullException.ThrowIfNull(backend);
        ArgumentNullException.ThrowIfNull(relative);
        Equal("attention", "the number of queries", queries.Shape.Rows, texts.Length);
        if (texts.IsEmpty)
        {
            return;
        }

        KeyValueMemory like = texts[0].Memory;
        int width = like.Heads * like.HeadSize;
        Visibility visibility = Visibility.Causal(maxDistance);
        foreach ((KeyValueMemory memory, int first, int keys) in texts)
        {
            memory.CheckRows(first, keys);
            AtLeast("attention", "the number of keys", keys, 1);
            Equal("attention", "the streams of a memory", memory.Streams, 1);
            Equal("attention", "the heads of a memory", memory.Heads, like.Heads);
            Equal("attention", "the size of a memory's head", memory.HeadSize, like.HeadSize);
            CheckTable(relative, memory, visibility, 1, keys);
        }

        Equal("attention", "the size of u", contentBias.Count, width);
        Equal("attention", "the size of v", positionBias.Count, width);
        Equal("attention", "the size of the output", output.Count, (long)texts.Length * width);
        AtLeast("attention", "the length of a query row", queries.Shape.Columns, width);
        AtLeast("attention", "the size of the workspace", logSumExp.Count, (long)texts.Length * like.Heads);
        CachedAttentionTensors tensors = new()
        {
            Queries = queries,
            Relative = relative,
            ContentBias = contentBias,
            PositionBias = positionBias,
            Visibility = visibility,
            LogSumExp = logSumExp,
            Output = output,
        };
        backend.CachedAttention(tensors, texts);
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
            throw new ArgumentException($"attention: the relative rows are stored as {relative.StoredPrecision}, but keys and values as {memory.StoredPrecision}");
        }

        AtLeast("attention", "the number of relative rows", relative.Count, keys);
        AtLeast("attention", "the number of relative rows for keys after the query", relative.After, visibility.RelativeRows(tokens, keys) - keys);
    }
}
