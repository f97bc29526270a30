using TransformerXL.Files;

namespace TransformerXL.Inference.Serving;

/// <summary>Lets one operation in at a time, in the order of their arrival.</summary>
internal sealed class ArrivalLock
{
    private readonly Lock _gate = new();
    private readonly LinkedList<TaskCompletionSource> _waiting = new();
    private bool _held;

    public bool IsHeld
    {
        get
        {
            lock (_gate)
            {
                return _held;
            }
        }
    }

    /// <summary>Enters if nobody is there.</summary>
    public bool TryEnter()
    {
        lock (_gate)
        {
            bool entered = !_held;
            _held = true;
            return entered;
        }
    }

    /// <summary>Enters when those before have left.</summary>
    /// <param name="maximum">How many may wait.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="SchedulerBusyException">Too many wait already.</exception>
    public async Task EnterAsync(int maximum, CancellationToken cancellationToken)
    {
        TaskCompletionSource turn = new(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            if (!_held)
            {
                _held = true;
                return;
            }

            if (_waiting.Count >= maximum)
            {
                throw new SchedulerBusyException($"the session is in use, and {Counted.Of(_waiting.Count, "request")} {(_waiting.Count == 1 ? "waits" : "wait")} for it already, as many as are allowed", TimeSpan.FromSeconds(1));
            }

            _waiting.AddLast(turn);
        }

        using (cancellationToken.UnsafeRegister(_ => Cancel(turn, cancellationToken), null))
        {
            await turn.Task.ConfigureAwait(false);
        }
    }

    public void Exit()
    {
        lock (_gate)
        {
            while (_waiting.First is { } next)
            {
                _waiting.RemoveFirst();
                if (next.Value.TrySetResult())
                {
                    return;
                }
            }

            _held = false;
        }
    }

    private void Cancel(TaskCompletionSource turn, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            _waiting.Remove(turn);
        }

        turn.TrySetCanceled(cancellationToken);
    }
}
