namespace TransformerXL.Inference.Serving;

/// <summary>Pools the hidden states of a text as an <see cref="Embedder"/> does.</summary>
internal sealed class EmbeddingJob : Job
{
    private readonly EmbeddingRequest _request;
    private readonly int[] _tokens;
    private readonly int _start, _chunk;
    private readonly HiddenPooling _pooling;
    private readonly TaskCompletionSource<TextEmbedding> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _read;
    private float[]? _vector;

    public EmbeddingJob(EmbeddingRequest request, Models.LanguageModel model, int[] tokens, int start, int chunk)
        : base(request.Client, "embeddings", 1, request.Timeout, null)
    {
        (_request, _tokens, _start, _chunk) = (request, tokens, start, chunk);
        _pooling = new HiddenPooling(model, request.Pooling);
    }

    public Task<TextEmbedding> Result => _result.Task;

    public override long PromptTokens => _tokens.Length;

    public override int NextChunk => Math.Min(_chunk, _tokens.Length - _read);

    public override bool IsFull => false;

    public override void ReadChunk(WorkContext context)
    {
        if (_read == 0)
        {
            Session!.Advance([_start], results: 1);
        }

        int count = NextChunk;
        Session!.Advance(_tokens.AsSpan(_read, count), _request.Pooling == EmbeddingPooling.Last ? 1 : count);
        _pooling.Add(Session, count);
        _read += count;
        ReadTokens += count;
        if (NextChunk == 0)
        {
            _vector = _pooling.Result(_request.Normalizes);
        }
    }

    public override void Deliver()
    {
        if (EndAsException() is { } fault)
        {
            _ = fault is OperationCanceledException ? _result.TrySetCanceled(Cancellation) : _result.TrySetException(fault);
            return;
        }

        _result.TrySetResult(new TextEmbedding(_vector!, _tokens.Length));
    }
}
