namespace TransformerXL.Inference.Serving;

/// <summary>Pools the hidden states of a text that a model reads from both sides, as an <see cref="Embedder"/> does. A chunk is a segment.</summary>
internal sealed class EncoderEmbeddingJob(EmbeddingRequest request, Models.LanguageModel model, int[] tokens, SegmentEncoder encoder)
    : Job(request.Client, "embeddings", 1, request.Timeout, null)
{
    private readonly HiddenPooling _pooling = new(model, request.Pooling);
    private readonly TaskCompletionSource<TextEmbedding> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _read;
    private float[]? _vector;

    public Task<TextEmbedding> Result => _result.Task;

    public override bool NeedsSession => false;

    public override long PromptTokens => tokens.Length;

    public override int NextChunk => Math.Min(encoder.Room, tokens.Length - _read);

    public override bool IsFull => false;

    public override void ReadChunk(WorkContext context)
    {
        int count = NextChunk;
        encoder.Read(tokens.AsSpan(_read, count), _pooling);
        _read += count;
        ReadTokens += count;
        if (NextChunk == 0)
        {
            _vector = _pooling.Result(request.Normalizes);
        }
    }

    public override void Deliver()
    {
        if (EndAsException() is { } fault)
        {
            _ = fault is OperationCanceledException ? _result.TrySetCanceled(Cancellation) : _result.TrySetException(fault);
            return;
        }

        _result.TrySetResult(new TextEmbedding(_vector!, tokens.Length));
    }
}
