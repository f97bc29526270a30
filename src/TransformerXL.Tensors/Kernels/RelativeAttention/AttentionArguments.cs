using TransformerXL.Tensors.Kernels.Inference;
using TransformerXL.Tensors.Random;

namespace TransformerXL.Tensors.Kernels.RelativeAttention;

/// <summary>
/// Rows of one head: row t of stream b and head h begins at Data + t * RowStride + b * StreamStride + h * headStride;
/// heads lie side by side in a row where no head stride is given.
/// </summary>
internal readonly unsafe struct HeadRows(float* data, nint rowStride, nint streamStride, nint headStride = 0)
{
    public float* Data { get; } = data;

    public nint RowStride { get; } = rowStride;

    public float* Of(int stream, int head, int headSize) =>
        Data + (stream * streamStride) + (head * (headStride == 0 ? headSize : headStride));
}

/// <summary>
/// Attention with relative positions (Dai et al. 2019, section 3.3) over all streams and heads:
/// score(i, j) = ((q_i + u) . k_j + (q_i + v) . r_{i-j} + b_{i-j}) / sqrt(d_h), softmax over the visible keys, sum of the values.
/// Without relative rows what is left is q_i . k_j (Vaswani et al. 2017).
/// </summary>
internal unsafe struct AttentionArguments
{
    /// <summary>L: rows of the segment.</summary>
    public int Queries;

    /// <summary>M + L: rows of memory and segment. Query i stands at key M + i.</summary>
    public int Keys;

    /// <summary>B: parallel streams.</summary>
    public int Streams;

    public int Heads;
    public int HeadSize;

    /// <summary>A key farther back than this is not seen; <see cref="int.MaxValue"/> if all are.</summary>
    public int MaxDistance;

    public HeadRows Query, Key, Value, Output;

    /// <summary>
    /// Of keys, values and relative rows. Rows of bfloat16 lie head by head, and their strides count pairs; only the forward pass
    /// without a tape reads them.
    /// </summary>
    public Precision KeptPrecision;

    /// <summary>Row p is r for the distance M + L - 1 - p: (M + L, H d_h). No data where positions do not enter the scores.</summary>
    public HeadRows Relative;

    /// <summary>u: global content bias (H, d_h), or null.</summary>
    public float* ContentBias;

    /// <summary>v: global position bias (H, d_h), or null.</summary>
    public float* PositionBias;

    /// <summary>b: a bias for each distance, rows as of <see cref="Relative"/> (M + L, H), or null.</summary>
    public float* DistanceBias;

    /// <summary>Logarithm of the softmax denominator (B, H, L): written forward, read backward.</summary>
    public float* LogSumExp;

    public DropoutMask Dropout;

    public readonly int Memory => Keys - Queries;

    public readonly bool HasPositions => Relative.Data != null;

    public readonly float Scale => 1 / MathF.Sqrt(HeadSize);

    public readonly int FirstVisible(int query) => MaxDistance >= Memory + query ? 0 : Memory + query - MaxDistance;

    /// <summary>One head of keys, values or relative rows as float32: as they lie, or widened into working memory.</summary>
    public readonly float* Kept(HeadRows rows, int stream, int head, float* widened, out nint stride)
    {
        float* source = rows.Of(stream, head, HeadSize);
        stride = rows.RowStride;
        if (KeptPrecision != Precision.Bfloat16)
        {
            return source;
        }

        stride *= 2;
        Bfloat16Rows.Widen((ushort*)source, widened, stride * Keys);
        return widened;
    }
}

/// <summary>Where the backward pass reads the gradient of the output and writes those of the inputs.</summary>
internal unsafe struct AttentionGradients
{
    /// <summary>The gradient of the output, read.</summary>
    public HeadRows Output;

    /// <summary>Written.</summary>
    public HeadRows Query, Key, Value;

    /// <summary>(M + L, H d_h), written; null where there are no relative rows.</summary>
    public float* Relative;

    /// <summary>(H, d_h) each, added to; null where there is no such bias.</summary>
    public float* ContentBias, PositionBias;

    /// <summary>(M + L, H), written; null where there is none.</summary>
    public float* DistanceBias;
}
