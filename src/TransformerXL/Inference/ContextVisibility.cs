namespace TransformerXL.Inference;

/// <summary>What a token of a segment may attend to. M is the memory length.</summary>
public enum ContextVisibility
{
    /// <summary>
    /// Itself and the M tokens before it, however the text is cut into segments: one token at a time gives what a whole
    /// segment gives. With "same length" itself and the M - 1 tokens before it. For generation and scoring.
    /// </summary>
    Window,

    /// <summary>
    /// The M tokens before the segment and the segment up to itself, as in training (Dai et al. 2019, section 3.2). With
    /// "same length" itself and the M - 1 tokens before it, as far as those are in memory. For evaluation.
    /// </summary>
    Segment,
}
