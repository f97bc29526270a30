using TransformerXL.Tensors.Memory;

namespace TransformerXL.Tensors.Inference;

/// <summary>
/// Attention of T tokens over K stored keys and values: softmax over the visible keys of
/// ((q_i + u) . k_j + (q_i + v) . r_{i-j}) / sqrt(d_h), times the values.
/// </summary>
internal struct CachedAttentionTensors
{
    /// <summary>Rows that begin with the query: (T, B, at least H d_h).</summary>
    public Tensor Queries;

    public KeyValueMemory Memory;

    /// <summary>The row of the memory that is the first key, and K.</summary>
    public int FirstKey, Keys;

    /// <summary>r; null where positions do not enter the scores.</summary>
    public RelativeTable? Relative;

    /// <summary>u and v: (H, d_h), or empty.</summary>
    public Tensor ContentBias, PositionBias;

    public Visibility Visibility;

    /// <summary>Working memory: at least T B H floats.</summary>
    public Tensor LogSumExp;

    /// <summary>(T, B, H d_h), overwritten.</summary>
    public Tensor Output;
}
