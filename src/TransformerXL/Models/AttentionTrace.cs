using TransformerXL.Tensors;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Models;

/// <summary>What a layer's attention computed with, for those who want to look: valid until the next step begins. What the kind does not have is empty.</summary>
internal sealed class AttentionTrace
{
    /// <summary>q: (L, B, H d_h).</summary>
    public Tensor Queries { get; private set; }

    /// <summary>k beside v: (M + L, B, 2 H d_h).</summary>
    public Tensor KeysValues { get; private set; }

    /// <summary>r, row p for the distance M + L - 1 - p: (M + L, H d_h).</summary>
    public Tensor Relative { get; private set; }

    /// <summary>u: (H, d_h).</summary>
    public Tensor ContentBias { get; private set; }

    /// <summary>v: (H, d_h).</summary>
    public Tensor PositionBias { get; private set; }

    /// <summary>b, rows as of <see cref="Relative"/>: (M + L, H).</summary>
    public Tensor DistanceBias { get; private set; }

    /// <summary>g, what keys of another text than the query's add: (L, B, H).</summary>
    public Tensor SegmentScores { get; private set; }

    /// <summary>The texts of the keys; null where they take no part.</summary>
    public KeySegments? Segments { get; private set; }

    public void Take(
        Tensor queries, Tensor keysValues, Tensor relative, Tensor contentBias, Tensor positionBias, Tensor distanceBias, Tensor segmentScores = default, KeySegments? segments = null)
    {
        (Queries, KeysValues, Relative, ContentBias, PositionBias, DistanceBias) = (queries, keysValues, relative, contentBias, positionBias, distanceBias);
        (SegmentScores, Segments) = (segmentScores, segments);
    }
}
