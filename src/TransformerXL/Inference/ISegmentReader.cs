namespace TransformerXL.Inference;

/// <summary>Reads segment after segment and returns the loss of each token.</summary>
internal interface ISegmentReader
{
    /// <summary>The most segments that are read together.</summary>
    int SegmentsAtOnce { get; }

    /// <summary>The negative log-likelihood in nats of each target (T, B), which belong to the last rows of the inputs (at least T, B).</summary>
    void Read(ReadOnlySpan<int> inputs, ReadOnlySpan<int> targets, Span<float> nll);
}
