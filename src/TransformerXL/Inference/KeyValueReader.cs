namespace TransformerXL.Inference;

/// <summary>Reads segments with kept keys and values: nothing of the memory is computed again.</summary>
internal sealed class KeyValueReader(InferenceSession session, int segmentsAtOnce) : ISegmentReader
{
    public int SegmentsAtOnce => segmentsAtOnce;

    public void Read(ReadOnlySpan<int> inputs, ReadOnlySpan<int> targets, Span<float> nll)
    {
        session.Advance(inputs);
        session.NegativeLogLikelihood(targets, nll);
    }
}
