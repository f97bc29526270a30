using TransformerXL.Tensors.Random;

namespace TransformerXL.Tensors.Cpu.RelativeAttention;

/// <summary>
/// Rows of one head: row t of stream b and head h begins at Data + t * RowStride + b * StreamStride + h * headStride;
/// heads are side by side in a row if no head stride is given.
/// </summary>
internal readonly unsafe struct HeadRows(float* data, nint rowStride, nint streamStride, nint headStride = 0)
{
    public float* Data { get; } = data;

    public nint RowStride { get; } = rowStride;

    public float* Of(int stream, int head, int headSize) =>
        Data + (stream * streamStride) + (head * (headStride == 0 ? headSize : headStride));

    /// <summary>The rows from one on.</summary>
    public HeadRows From(nint row) => new(Data == null ? null : Data + (row * RowStride), RowStride, streamStride, headStride);

    /// <summary>Zeroes rows [first, end) of one stream and head.</summary>
    public void Clear(int stream, int head, int headSize, int first, int end)
    {
        float* row = Of(stream, head, headSize) + (first * RowStride);
        for (int i = first; i < end; i++, row += RowStride)
        {
            new Span<float>(row, headSize).Clear();
        }
    }
}

/// <summary>
/// Attention with relative positions (Dai et al. 2019, section 3.3) over all streams and heads:
/// score(i, j) = ((q_i + u) . k_j + (q_i + v) . r_{i-j} + b_{i-j} + g_i [s_i != s_j]) / sqrt(d_h), softmax over the visible keys, sum of the values.
/// Without relative rows the score is q_i . k_j (Vaswani et al. 2017). A <see cref="Visibility"/>
/// alone defines which keys are visible.
/// </summary>
/// <remarks>Kernels work on <see cref="OfStream"/>: the sizes of one stream, as if it were alone.</remarks>
internal unsafe struct AttentionArguments
{
    /// <summary>L: rows of queries.</summary>
    public int Queries;

    /// <summary>K: rows of keys. In self-attention query i is at key K - L + i.</summary>
    public int Keys;

    /// <summary>B: parallel streams.</summary>
    public int Streams;

    public int Heads;
    public int HeadSize;

    /// <summary>The keys that each query sees.</summary>
    public Visibility Visibility;

    /// <summary>Streams with more queries than this, or with fewer than <see cref="MinQueries"/>, are computed by another kernel; 0: no limit.</summary>
    public int MaxQueries;

    /// <summary>See <see cref="MaxQueries"/>.</summary>
    public int MinQueries;

    public HeadRows Query, Key, Value, Output;

    /// <summary>The precision of the operands of products; bfloat16 is used only if the backend has a unit for it, otherwise float32.</summary>
    public Precision Precision;

    /// <summary>
    /// The stored precision of keys, values and relative rows. Rows of bfloat16 are stored head by head, and their strides count pairs; only the forward pass
    /// without a tape reads them.
    /// </summary>
    public Precision StoredPrecision;

    /// <summary>
    /// Row p is r for the distance K - 1 - p: (<see cref="RelativeRows"/>, H d_h). No data if positions do not enter the scores.
    /// </summary>
    public HeadRows Relative;

    /// <summary>u: global content bias (H, d_h), or null.</summary>
    public float* ContentBias;

    /// <summary>v: global position bias (H, d_h), or null.</summary>
    public float* PositionBias;

    /// <summary>b: a bias for each distance, rows as of <see cref="Relative"/> (.., H), or null.</summary>
    public float* DistanceBias;

    /// <summary>g: what a key of another text adds (L, B, H), or null.</summary>
    public float* SegmentScores;

    /// <summary>s: the texts of the keys, or null.</summary>
    public KeySegments? Segments;

    /// <summary>Logarithm of the softmax denominator (B, H, L): written forward, read backward.</summary>
    public float* LogSumExp;

    public DropoutMask Dropout;

    /// <summary>Where each stream has keys and values of its own memory: those of every stream, in place of keys, values and relative rows; else null.</summary>
    public TextRows* Texts;

    // Set if streams have individual lengths.
    private int _tensorQueries, _tensorKeys, _tensorRelativeRows;

    public readonly bool HasPositions => Relative.Data != null;

    public readonly float Scale => 1 / MathF.Sqrt(HeadSize);

    /// <summary>Rows of the relative table of this stream; 0 without one.</summary>
    public readonly int RelativeRows => HasPositions ? Visibility.RelativeRows(Queries, Keys) : 0;

    /// <summary>Rows of the relative table of all streams.</summary>
    public readonly int TensorRelativeRows => Visibility.HasLengths ? _tensorRelativeRows : RelativeRows;

    /// <summary>Rows of the table before those of this stream: the distances that only longer streams have.</summary>
    public readonly int FirstRelative => HasPositions ? TensorQueries - Queries : 0;

    /// <summary>Rows of queries and outputs of all streams; a shorter stream does not use the last of them.</summary>
    public readonly int TensorQueries => Visibility.HasLengths ? _tensorQueries : Queries;

    /// <summary>Rows of keys and values of all streams; a shorter stream does not use the last of them.</summary>
    public readonly int TensorKeys => Visibility.HasLengths ? _tensorKeys : Keys;

    /// <summary>One stream as the kernels see it: its own lengths and its own rows of the relative table.</summary>
    public readonly AttentionArguments OfStream(int stream)
    {
        AttentionArguments own = this;
        if (Visibility.HasLengths)
        {
            (own._tensorQueries, own._tensorKeys, own._tensorRelativeRows) = (Queries, Keys, RelativeRows);
            own.Queries = Visibility.QueriesOf(stream, Queries);
            own.Keys = Visibility.KeysOf(stream, Queries, Keys);
            own.Relative = Relative.From(own.FirstRelative);
            own.DistanceBias = DistanceBias == null ? null : DistanceBias + ((nint)own.FirstRelative * Heads);
        }

        return own;
    }

    /// <summary>One stream with the memory of its own.</summary>
    public readonly AttentionArguments OfText(int stream)
    {
        AttentionArguments own = this;
        TextRows* text = Texts + stream;
        (own.Keys, own.Key, own.Value, own.Relative) = (text->Keys, text->Key, text->Value, text->Relative);
        return own;
    }

    /// <summary>Replaces the values of the keys in a range that ranks hide from a query; <paramref name="values"/> begins with that of the range's first key.</summary>
    public readonly void Hide(float* values, KeyRange seen, int stream, int query, float value) =>
        Visibility.Hide(new Span<float>(values, seen.Count), seen, Keys - Queries, stream, query, value);

    /// <summary>The place of a query in <see cref="SegmentScores"/>.</summary>
    public readonly nint SegmentPlace(int stream, int head, int query) => ((((nint)query * Streams) + stream) * Heads) + head;

    /// <summary>Whether another kernel computes the stream, because of its number of queries.</summary>
    public readonly bool IsForAnotherKernel => Queries < MinQueries || (MaxQueries > 0 && Queries > MaxQueries);

    /// <summary>The place of a query in <see cref="LogSumExp"/>, and its row of dropout.</summary>
    public readonly long RowOf(int stream, int head, int query) => ((((long)stream * Heads) + head) * TensorQueries) + query;
}

/// <summary>The keys, values and relative rows of a stream that has a memory of its own.</summary>
internal struct TextRows
{
    public int Keys;

    public HeadRows Key, Value, Relative;
}

/// <summary>The gradients that the backward pass reads and writes.</summary>
internal unsafe struct AttentionGradients
{
    /// <summary>The gradient of the output, read.</summary>
    public HeadRows Output;

    /// <summary>Written.</summary>
    public HeadRows Query, Key, Value;

    /// <summary>All rows of the relative table, written; null if there are none.</summary>
    public float* Relative;

    /// <summary>(H, d_h) each, added to; null if there is no such bias.</summary>
    public float* ContentBias, PositionBias;

    /// <summary>A row for each of the relative table (.., H), written; null if there is none.</summary>
    public float* DistanceBias;

    /// <summary>(L, B, H), written; null if there is none.</summary>
    public float* SegmentScores;
}
