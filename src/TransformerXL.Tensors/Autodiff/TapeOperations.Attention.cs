using TransformerXL.Tensors.Autodiff.Ops;

namespace TransformerXL.Tensors.Autodiff;

/// <content>Attention.</content>
public static partial class TapeOperations
{
    /// <summary>Causal attention with relative positions (Dai et al. 2019), <inheritdoc cref="AttentionOperation" path="/summary"/></summary>
    public static Variable RelativeAttention(
        this Tape tape, Variable queries, Variable keysValues, Variable relative, Variable contentBias, Variable positionBias, int maxDistance, float dropout = 0) =>
        tape.RelativeAttention(queries, keysValues, relative, contentBias, positionBias, Visibility.Causal(maxDistance), dropout);

    /// <summary>
    /// Attention with relative positions (Dai et al. 2019, section 3.3) and any visibility but cross attention:
    /// score(i, j) = ((q_i + u) . k_j + (q_i + v) . r_{i-j}) / sqrt(d_h).
    /// </summary>
    /// <param name="tape">The tape.</param>
    /// <param name="queries">q: (L, B, H d_h).</param>
    /// <param name="keysValues">k beside v: (K, B, 2 H d_h).</param>
    /// <param name="relative">r: (<see cref="Visibility.RelativeRows"/>, H d_h), row p for the distance K - 1 - p.</param>
    /// <param name="contentBias">u: (H, d_h).</param>
    /// <param name="positionBias">v: (H, d_h).</param>
    /// <param name="visibility">Which keys a query sees.</param>
    /// <param name="dropout">The probability that an attention weight becomes zero.</param>
    /// <returns>(L, B, H d_h); zero for a query that sees no key or does not exist.</returns>
    /// <exception cref="ArgumentException">Shapes do not fit, or the visibility does not fit them.</exception>
    public static Variable RelativeAttention(
        this Tape tape, Variable queries, Variable keysValues, Variable relative, Variable contentBias, Variable positionBias, in Visibility visibility, float dropout = 0)
    {
        using BackendUse use = tape.Backend.Enter();
        return tape.Rent<AttentionOperation>().Forward(tape, queries, keysValues, contentBias.Shape[0], relative, contentBias, positionBias, null, visibility, dropout);
    }

    /// <summary>
    /// Attention with relative positions and relative segments (Yang et al. 2019, section 2.5) and any visibility but cross attention:
    /// score(i, j) = ((q_i + u) . k_j + (q_i + v) . r_{i-j} + g_i [s_i != s_j]) / sqrt(d_h).
    /// </summary>
    /// <param name="tape">The tape.</param>
    /// <param name="queries">q: (L, B, H d_h).</param>
    /// <param name="keysValues">k beside v: (K, B, 2 H d_h).</param>
    /// <param name="relative">r: (<see cref="Visibility.RelativeRows"/>, H d_h), row p for the distance K - 1 - p.</param>
    /// <param name="contentBias">u: (H, d_h).</param>
    /// <param name="positionBias">v: (H, d_h).</param>
    /// <param name="segmentScores">g: (L, B, H), which <see cref="SegmentScores"/> computes.</param>
    /// <param name="segments">s: the text of each key.</param>
    /// <param name="visibility">Which keys a query sees.</param>
    /// <param name="dropout">The probability that an attention weight becomes zero.</param>
    /// <returns>(L, B, H d_h); zero for a query that sees no key or does not exist.</returns>
    /// <exception cref="ArgumentException">Shapes do not fit, or the visibility does not fit them.</exception>
    public static Variable RelativeAttention(
        this Tape tape, Variable queries, Variable keysValues, Variable relative, Variable contentBias, Variable positionBias, Variable segmentScores, KeySegments segments,
        in Visibility visibility, float dropout = 0)
    {
        using BackendUse use = tape.Backend.Enter();
        return tape.Rent<AttentionOperation>().Forward(
            tape, queries, keysValues, contentBias.Shape[0], relative, contentBias, positionBias, null, visibility, dropout, segmentScores, segments);
    }

    /// <inheritdoc cref="SegmentScoresOperation" path="/summary"/>
    /// <param name="tape">The tape.</param>
    /// <param name="queries">q: (L, B, H d_h).</param>
    /// <param name="bias">w: (H, d_h).</param>
    /// <param name="embeddings">e: (2, H, d_h).</param>
    /// <returns>g: (L, B, H).</returns>
    /// <exception cref="ArgumentException">The shapes do not fit.</exception>
    public static Variable SegmentScores(this Tape tape, Variable queries, Variable bias, Variable embeddings)
    {
        using BackendUse use = tape.Backend.Enter();
        return tape.Rent<SegmentScoresOperation>().Forward(tape, queries, bias, embeddings);
    }

    /// <summary>Causal attention with a learned row and bias for each distance (Shaw et al. 2018), <inheritdoc cref="AttentionOperation" path="/summary"/></summary>
    public static Variable LearnedRelativeAttention(
        this Tape tape, Variable queries, Variable keysValues, Variable relative, Variable contentBias, Variable distanceBias, int maxDistance, float dropout = 0) =>
        tape.LearnedRelativeAttention(queries, keysValues, relative, contentBias, distanceBias, Visibility.Causal(maxDistance), dropout);

    /// <summary>
    /// Attention with a learned row and bias for each distance (Shaw et al. 2018) and any visibility but cross attention:
    /// score(i, j) = ((q_i + u) . k_j + q_i . r_{i-j} + b_{i-j}) / sqrt(d_h).
    /// </summary>
    /// <param name="tape">The tape.</param>
    /// <param name="queries">q: (L, B, H d_h).</param>
    /// <param name="keysValues">k beside v: (K, B, 2 H d_h).</param>
    /// <param name="relative">r: (<see cref="Visibility.RelativeRows"/>, H d_h), row p for the distance K - 1 - p.</param>
    /// <param name="contentBias">u: (H, d_h).</param>
    /// <param name="distanceBias">b: (<see cref="Visibility.RelativeRows"/>, H), rows as of <paramref name="relative"/>.</param>
    /// <param name="visibility">Which keys a query sees.</param>
    /// <param name="dropout">The probability that an attention weight becomes zero.</param>
    /// <returns>(L, B, H d_h); zero for a query that sees no key or does not exist.</returns>
    /// <exception cref="ArgumentException">Shapes do not fit, or the visibility does not fit them.</exception>
    public static Variable LearnedRelativeAttention(
        this Tape tape, Variable queries, Variable keysValues, Variable relative, Variable contentBias, Variable distanceBias, in Visibility visibility, float dropout = 0)
    {
        using BackendUse use = tape.Backend.Enter();
        return tape.Rent<AttentionOperation>().Forward(tape, queries, keysValues, contentBias.Shape[0], relative, contentBias, null, distanceBias, visibility, dropout);
    }

    /// <summary>Causal attention whose scores are q_i . k_j / sqrt(d_h) (Vaswani et al. 2017), <inheritdoc cref="AttentionOperation" path="/summary"/></summary>
    public static Variable Attention(this Tape tape, Variable queries, Variable keysValues, int heads, int maxDistance, float dropout = 0) =>
        tape.Attention(queries, keysValues, heads, Visibility.Causal(maxDistance), dropout);

    /// <summary>
    /// Attention whose scores are q_i . k_j / sqrt(d_h) (Vaswani et al. 2017, section 3.2) with any visibility; with
    /// <see cref="Visibility.Cross"/> the keys come from another source.
    /// </summary>
    /// <param name="tape">The tape.</param>
    /// <param name="queries">q: (L, B, H d_h).</param>
    /// <param name="keysValues">k beside v: (K, B, 2 H d_h).</param>
    /// <param name="heads">H.</param>
    /// <param name="visibility">Which keys a query sees.</param>
    /// <param name="dropout">The probability that an attention weight becomes zero.</param>
    /// <returns>(L, B, H d_h); zero for a query that sees no key or does not exist.</returns>
    /// <exception cref="ArgumentException">Shapes do not fit, or the visibility does not fit them.</exception>
    public static Variable Attention(this Tape tape, Variable queries, Variable keysValues, int heads, in Visibility visibility, float dropout = 0)
    {
        using BackendUse use = tape.Backend.Enter();
        return tape.Rent<AttentionOperation>().Forward(tape, queries, keysValues, heads, null, null, null, null, visibility, dropout);
    }
}
