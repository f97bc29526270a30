namespace TransformerXL.Inference.Serving;

/// <summary>Pools the hidden states of a text that a model reads from left to right.</summary>
internal sealed class EmbeddingJob(EmbeddingRequest request, Models.LanguageModel model, int[] tokens, int start, int chunk) : PooledJob(request, model, tokens, chunk)
{
    private readonly EmbeddingPooling _pooling = request.Pooling;

    protected override void ReadChunk(ReadOnlySpan<int> tokens, bool isFirst)
    {
        if (isFirst)
        {
            Session!.Advance([start], results: 1);
        }

        Session!.Advance(tokens, _pooling == EmbeddingPooling.Last ? 1 : tokens.Length);
        Pooling.Add(Session, tokens.Length);
    }
}
