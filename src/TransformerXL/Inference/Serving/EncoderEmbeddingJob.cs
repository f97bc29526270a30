namespace TransformerXL.Inference.Serving;

/// <summary>Pools the hidden states of a text that a model reads in both directions. A chunk is a segment.</summary>
internal sealed class EncoderEmbeddingJob(EmbeddingRequest request, Models.LanguageModel model, int[] tokens, SegmentEncoder encoder)
    : PooledJob(request, model, tokens, encoder.Room)
{
    public override bool NeedsSession => false;

    protected override void ReadChunk(ReadOnlySpan<int> tokens, bool isFirst) => encoder.Read(tokens, Pooling);
}
