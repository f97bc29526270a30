using TransformerXL.Tensors.Cpu.RelativeAttention;
using TransformerXL.Tensors.Memory;
using TransformerXL.Tensors.Random;

namespace TransformerXL.Tensors;

/// <inheritdoc cref="AttentionArguments"/>
internal struct AttentionTensors
{
    /// <summary>(L, B, H d_h).</summary>
    public Tensor Queries;

    /// <summary>Keys beside values (K, B, 2 H d_h).</summary>
    public Tensor KeysValues;

    public int Heads;

    /// <inheritdoc cref="AttentionArguments.Precision"/>
    public Precision Precision;

    /// <summary>The keys that each query sees.</summary>
    public Visibility Visibility;

    /// <summary>r, u, v and b of <see cref="AttentionArguments"/>; empty if the score lacks the term.</summary>
    public Tensor Relative, ContentBias, PositionBias, DistanceBias;

    /// <summary>g of <see cref="AttentionArguments"/>; empty if the score lacks the term.</summary>
    public Tensor SegmentScores;

    /// <summary>The texts of the keys; null if the score lacks the term.</summary>
    public KeySegments? Segments;

    /// <summary>Logarithm of the softmax denominator (B, H, L): written forward, read backward.</summary>
    public Tensor LogSumExp;

    public DropoutMask Dropout;

    /// <summary>(L, B, H d_h).</summary>
    public Tensor Output;
}

/// <summary>Gradients of the members of <see cref="AttentionTensors"/>; empty if not needed.</summary>
internal struct AttentionTensorGradients
{
    /// <summary>Read.</summary>
    public Tensor Output;

    /// <summary>Written.</summary>
    public Tensor Queries, KeysValues, Relative, DistanceBias, SegmentScores;

    /// <summary>Added to.</summary>
    public Tensor ContentBias, PositionBias;
}
