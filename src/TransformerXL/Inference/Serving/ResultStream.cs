using System.Diagnostics.CodeAnalysis;

namespace TransformerXL.Inference.Serving;

/// <summary>
/// The results of a request that has been accepted. A bounded number of them is kept for a reader that is slow; then this request pauses, and no
/// other one. The request is cancelled when the enumeration ends early, by <see cref="DisposeAsync"/>, and by the token that it was made with;
/// its place is free after at most one more step.
/// </summary>
/// <typeparam name="T">A result.</typeparam>
public sealed class ResultStream<T> : IAsyncEnumerable<T>
{
    private readonly Lock _lock = new();
    private readonly Queue<T> _results = new();
    private readonly int _capacity;
    private Action? _cancel, _wake;
    private TaskCompletionSource? _reader;
    private Exception? _fault;
    private bool _complete, _enumerated;

    internal ResultStream(int capacity, long promptTokens) => (_capacity, PromptTokens) = (capacity, promptTokens);

    /// <summary>Tokens of the prompt.</summary>
    public long PromptTokens { get; }

    /// <summary>Whether a slow reader makes the request pause.</summary>
    internal bool IsFull
    {
        get
        {
            lock (_lock)
            {
                return _results.Count >= _capacity;
            }
        }
    }

    /// <summary>The results as they come. It can be enumerated once.</summary>
    /// <exception cref="InvalidOperationException">It is enumerated a second time.</exception>
    /// <exception cref="OperationCanceledException">The request was cancelled.</exception>
    /// <exception cref="TimeoutException">The time of a request ran out that has no <see cref="FinishReason"/> to say so.</exception>
    /// <exception cref="NotFiniteException">The weights are damaged or too large to compute with.</exception>
    /// <exception cref="SchedulerStoppedException">The scheduler was stopped before the request was complete, and it has no <see cref="FinishReason"/> to say so.</exception>
    public IAsyncEnumerator<T> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        lock (_lock)
        {
            if (_enumerated)
            {
                throw new InvalidOperationException("the results of a request can be enumerated once");
            }

            _enumerated = true;
        }

        return Enumerate(cancellationToken);
    }

    /// <summary>Cancels the request unless it is complete.</summary>
    public ValueTask DisposeAsync()
    {
        lock (_lock)
        {
            if (_complete)
            {
                return default;
            }
        }

        _cancel?.Invoke();
        return default;
    }

    /// <summary>Notified when the reader leaves, and when there is space again.</summary>
    internal void Attach(Action cancel, Action wake) => (_cancel, _wake) = (cancel, wake);

    internal void Add(T result)
    {
        lock (_lock)
        {
            _results.Enqueue(result);
        }

        WakeReader();
    }

    /// <summary>Ends the results; an exception is thrown to the reader after those that it has not taken yet, a cancellation at once.</summary>
    internal void Complete(Exception? fault = null)
    {
        lock (_lock)
        {
            if (_complete)
            {
                return;
            }

            (_complete, _fault) = (true, fault);
            if (fault is OperationCanceledException)
            {
                _results.Clear();
            }
        }

        WakeReader();
    }

    private void WakeReader()
    {
        TaskCompletionSource? reader;
        lock (_lock)
        {
            (reader, _reader) = (_reader, null);
        }

        reader?.TrySetResult();
    }

    private async IAsyncEnumerator<T> Enumerate(CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                Task wait;
                lock (_lock)
                {
                    wait = _results.Count > 0 || _complete
                        ? Task.CompletedTask
                        : (_reader = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
                }

                await wait.WaitAsync(cancellationToken).ConfigureAwait(false);
                while (TryTake(out T? result))
                {
                    yield return result;
                    cancellationToken.ThrowIfCancellationRequested();
                }

                if (IsOver())
                {
                    yield break;
                }
            }
        }
        finally
        {
            await DisposeAsync().ConfigureAwait(false);
        }
    }

    private bool TryTake([MaybeNullWhen(false)] out T result)
    {
        bool taken, wasFull;
        lock (_lock)
        {
            wasFull = _results.Count == _capacity;
            taken = _results.TryDequeue(out result);
        }

        if (wasFull)
        {
            _wake?.Invoke();
        }

        return taken;
    }

    /// <summary>Whether there is nothing more to come.</summary>
    private bool IsOver()
    {
        Exception? fault;
        lock (_lock)
        {
            if (!_complete || _results.Count > 0)
            {
                return false;
            }

            fault = _fault;
        }

        return fault switch
        {
            null => true,
            OperationCanceledException cancelled => throw new OperationCanceledException(cancelled.Message, cancelled.CancellationToken),
            _ => throw fault,
        };
    }
}
