using TransformerXL.Models;
using TransformerXL.Tensors;
using TransformerXL.Text;

namespace TransformerXL.Inference;

/// <summary>How a text is scored. Lengths are in tokens.</summary>
public sealed record ScoringOptions
{
    /// <summary>M: every token is predicted from the token before it and the M before that.</summary>
    public int MemoryLength { get; init; } = 512;

    /// <summary>Distances beyond this look like this one; 0 for no limit.</summary>
    public int ClampLength { get; init; }

    /// <summary>L: the segment length of training, where positions are absolute; 0 if it is not known.</summary>
    public int SegmentLength { get; init; }

    /// <summary>Whether the model was trained with a memory; see <see cref="InferenceOptions.Recurrent"/>.</summary>
    public bool Recurrent { get; init; } = true;

    /// <summary>Of products with weights, see <see cref="InferenceOptions.Precision"/>.</summary>
    public Precision Precision { get; init; }

    /// <summary>
    /// Whether the model is used by one scorer and for nothing else, see <see cref="InferenceOptions.OwnsModel"/>: its weights then need no second copy, and are prepared once for all texts.
    /// </summary>
    public bool OwnsModel { get; init; }

    /// <summary>
    /// Tokens that are computed at once. Scores come chunk by chunk: with 1 each as soon as its token has been read, but slower. The scores of
    /// a Transformer-XL depend on it only by rounding.
    /// </summary>
    public int ChunkLength { get; init; } = 128;

    /// <summary>How many of the most probable tokens are returned at each position, see <see cref="TokenScore.Top"/>; 0 for none.</summary>
    public int Top { get; init; }

    /// <summary>Whether the names of special tokens in the text are read as any other text; see <see cref="Vocabulary.ReadingSpecialTokensAsText"/>.</summary>
    public bool SpecialTokensAsText { get; init; }

    /// <summary>The options with the memory and clamp length of <see cref="EvaluationOptions.ForTrained"/>.</summary>
    /// <param name="training">The lengths of training.</param>
    public static ScoringOptions ForTrained(ContextConfiguration training)
    {
        InferenceOptions options = InferenceOptions.ForTrained(training);
        return new ScoringOptions
        {
            MemoryLength = options.MemoryLength,
            ClampLength = options.ClampLength,
            SegmentLength = options.SegmentLength,
            Recurrent = options.Recurrent,
        };
    }

    /// <summary>Checks every value.</summary>
    /// <exception cref="InputException">A value is outside its allowed range; the message names both.</exception>
    public void Validate()
    {
        Session().Validate();
        Require.Between("top", Top, 0, int.MaxValue);
    }

    /// <summary>The sizes of the session that reads.</summary>
    public InferenceOptions Session() => new()
    {
        MemoryLength = MemoryLength,
        ClampLength = ClampLength,
        MaxSegment = ChunkLength,
        SegmentLength = SegmentLength,
        Recurrent = Recurrent,
        Precision = Precision,
        OwnsModel = OwnsModel,
    };
}
