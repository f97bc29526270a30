using TransformerXL.Models;

namespace TransformerXL.Inference.Serving;

/// <summary>Pools the hidden states of a text as an <see cref="Embedder"/> does.</summary>
internal abstract class PooledJob(EmbeddingRequest request, LanguageModel model, int[] tokens, int chunk) : Job(request.Client, "embeddings", 1, request.Timeout, null)
{
    private readonly TaskCompletionSource<TextEmbedding> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _read;
    private float[]? _vector;

    public Task<TextEmbedding> Result => _result.Task;

    public override long PromptTokens => tokens.Length;

    public override int NextChunk => Math.Min(chunk, tokens.Length - _read);

    public override bool IsFull => false;

    protected HiddenPooling Pooling { get; } = new(model, request.Pooling);

    public override void ReadChunk(WorkContext context)
    {
        int count = NextChunk;
        ReadChunk(tokens.AsSpan(_read, count), isFirst: _read == 0);
        _read += count;
        ReadTokens += count;
        if (NextChunk == 0)
        {
            _vector = Pooling.Result(request.Normalizes);
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

    /// <summary>Reads a chunk and pools its hidden states.</summary>
    protected abstract void ReadChunk(ReadOnlySpan<int> tokens, bool isFirst);
}
