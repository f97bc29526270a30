namespace TransformerXL.Inference.Serving;

/// <summary>
/// The results of a request that has been accepted. A bounded number of them is kept for a reader that is slow; then this request pauses, and no
/// other one. The request is cancelled when the enumeration ends early, by <see cref="DisposeAsync"/>, and by the token that it was made with;
/// its place is free after at most one more step.
/// </summary>
/// <typeparam name="T">A result.</typeparam>
public sealed class ResultStream<T> : IAsyncEnumerable<T>, IAsyncDisposable
{
    internal ResultStream()
    {
    }

    /// <summary>Tokens of the prompt.</summary>
    public long PromptTokens { get; }

    /// <summary>The results as they come. It can be enumerated once.</summary>
    /// <exception cref="InvalidOperationException">It is enumerated a second time.</exception>
    /// <exception cref="OperationCanceledException">The request was cancelled.</exception>
    /// <exception cref="TimeoutException">The time of a request ran out that has no <see cref="FinishReason"/> to say so.</exception>
    /// <exception cref="NotFiniteException">The weights are damaged or too large to compute with.</exception>
    /// <exception cref="SchedulerStoppedException">The scheduler was stopped before the request was complete, and it has no <see cref="FinishReason"/> to say so.</exception>
    public IAsyncEnumerator<T> GetAsyncEnumerator(CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Cancels the request unless it is complete.</summary>
    public ValueTask DisposeAsync() => throw new NotImplementedException();
}
