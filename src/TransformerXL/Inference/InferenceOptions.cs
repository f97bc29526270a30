using TransformerXL.Models;
using TransformerXL.Tensors;

namespace TransformerXL.Inference;

/// <summary>The sizes of an <see cref="InferenceSession"/>. Lengths are in tokens.</summary>
public sealed record InferenceOptions
{
    /// <summary>M: tokens that are remembered; 0 for none.</summary>
    public required int MemoryLength { get; init; }

    /// <summary>B: independent texts that are read side by side.</summary>
    public int Streams { get; init; } = 1;

    /// <summary>Distances beyond this look like this one; 0 for no limit.</summary>
    public int ClampLength { get; init; }

    /// <summary>Whether a token attends to exactly M tokens, itself included, once there are that many.</summary>
    public bool SameLength { get; init; }

    /// <summary>The most tokens of each stream that one call of <see cref="InferenceSession.Advance"/> takes.</summary>
    public int MaxSegment { get; init; } = 256;

    /// <summary>
    /// L: with <see cref="ContextVisibility.Segment"/> the tokens of a segment, counted from the first one of a call of
    /// <see cref="InferenceSession.Advance"/>; 0 if a call is one segment. Several segments in a call give what they give
    /// one by one, and are faster: each layer does the rows of all of them together.
    /// </summary>
    public int SegmentLength { get; init; }

    /// <summary>
    /// Whether context crosses segments; a model that was trained without memory reads a window of M + 1 tokens anew for each
    /// token. A Transformer-XL need not: its keys and values are kept either way.
    /// </summary>
    public bool Recurrent { get; init; } = true;

    /// <summary>What a token may attend to.</summary>
    public ContextVisibility Visibility { get; init; } = ContextVisibility.Window;

    /// <summary>
    /// Of products with weights. Below float32 the weights are kept a second time in the precision, and keys, values and relative rows
    /// as bfloat16; embeddings, LayerNorm, softmax and sums stay float32. Int8 is for a Transformer-XL and for an LSTM.
    /// </summary>
    public Precision Precision { get; init; }

    /// <summary>
    /// Whether the model serves this session and its forks alone. Its matrices then give their memory to the forms that the session prepares, so that about one copy of the weights is kept and not two. The model
    /// can be used for nothing else afterwards, nor can the session be saved.
    /// </summary>
    /// <remarks>
    /// In float32 each matrix has the layout of what reads it, many tokens at a time or single ones; where both take turns, it is kept in both. In 8 bits the backends must be of one instruction set.
    /// </remarks>
    public bool OwnsModel { get; init; }

    /// <summary>The farthest distance at which a key is seen.</summary>
    internal int MaxDistance => SameLength ? MemoryLength - 1
        : Visibility == ContextVisibility.Window ? MemoryLength
        : int.MaxValue;

    /// <summary>Queries that share what they see.</summary>
    internal int SharedQueries => Visibility == ContextVisibility.Segment && SegmentLength > 0 ? Math.Min(SegmentLength, MaxSegment) : MaxSegment;

    /// <summary>The sizes of cached keys and values.</summary>
    internal CacheSizes CacheSizes => new(Streams, MemoryLength, MaxSegment, SharedQueries, MaxDistance, ClampLength, Precision);

    /// <summary>
    /// The options of a session that generates and scores: memory and clamp length of <see cref="EvaluationOptions.ForTrained"/>, as
    /// <see cref="GenerationOptions.ForTrained"/> and <see cref="ScoringOptions.ForTrained"/> use them.
    /// </summary>
    /// <param name="training">The lengths of training.</param>
    /// <param name="streams">B.</param>
    public static InferenceOptions ForTrained(ContextConfiguration training, int streams = 1)
    {
        ContextConfiguration context = EvaluationOptions.ForTrained(training).Context;
        return new InferenceOptions
        {
            MemoryLength = Math.Max(context.MemoryLength, training.TargetLength - 1),
            ClampLength = context.ClampLength,
            MaxSegment = Generator.PromptChunk,
            SegmentLength = training.TargetLength,
            Recurrent = training.MemoryLength > 0,
            Streams = streams,
        };
    }

    /// <summary>The options of a session that reads segments as training and evaluation with hidden states do.</summary>
    /// <param name="context">The lengths; the extended length must be 0.</param>
    /// <param name="streams">B.</param>
    /// <param name="segments">The most segments of one call of <see cref="InferenceSession.Advance"/>.</param>
    /// <param name="precision">Of products with weights.</param>
    /// <exception cref="InputException">The context is not valid, or has an extended length.</exception>
    public static InferenceOptions ForSegments(
        ContextConfiguration context, int streams = 1, int segments = 1, Precision precision = Precision.Float32)
    {
        ArgumentNullException.ThrowIfNull(context);
        context.Validate();
        Require.That(
            context.ExtendedLength == 0,
            $"extended length is {context.ExtendedLength}, but must be 0: keys and values that are kept are not computed again");
        return new InferenceOptions
        {
            MemoryLength = context.MemoryLength,
            Streams = streams,
            ClampLength = context.ClampLength,
            SameLength = context.SameLength,
            MaxSegment = checked(context.TargetLength * segments),
            SegmentLength = context.TargetLength,
            Visibility = ContextVisibility.Segment,
            Precision = precision,
        };
    }

    /// <summary>Checks every value.</summary>
    /// <exception cref="InputException">A value is outside its allowed range; the message names both.</exception>
    public void Validate()
    {
        const int Maximum = 1 << 20;
        Require.Between("memory length", MemoryLength, 0, Maximum);
        Require.Between("streams", Streams, 1, 1 << 16);
        Require.Between("clamp length", ClampLength, 0, Maximum);
        Require.Between("most tokens of a segment", MaxSegment, 1, Maximum);
        Require.Between("segment length", SegmentLength, 0, Maximum);
        Require.Between("streams times most tokens of a segment", (long)Streams * MaxSegment, 1, Maximum);
        Require.That(!SameLength || MemoryLength > 0, "same length needs a memory length of at least 1, but it is 0");
        Require.Known("precision", Precision);
        Require.Known("visibility", Visibility);
    }
}
