using TransformerXL.Server.Http;

namespace TransformerXL.Server;

/// <summary>Whether the server is loading, ready or stopping, and how many requests it is answering.</summary>
internal sealed class ServerState
{
    private readonly Lock _lock = new();
    private TaskCompletionSource? _idle;
    private int _active;
    private bool _ready, _stopping;

    /// <summary>Why the server takes no requests; null if it does.</summary>
    public string? Unavailable
    {
        get
        {
            lock (_lock)
            {
                return _stopping ? "the server is shutting down" : _ready ? null : "the models are being loaded";
            }
        }
    }

    /// <summary>The models are loaded.</summary>
    public void SetReady()
    {
        lock (_lock)
        {
            _ready = true;
        }
    }

    /// <summary>Takes no new requests; the task ends when those that run have been answered.</summary>
    public Task StopAsync()
    {
        lock (_lock)
        {
            _stopping = true;
            _idle ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            if (_active == 0)
            {
                _idle.TrySetResult();
            }

            return _idle.Task;
        }
    }

    /// <summary>Counts a request until the result is disposed.</summary>
    /// <param name="needsModels">Whether the request needs loaded models.</param>
    /// <exception cref="ApiException">It does, but the server is loading or stopping.</exception>
    public ActiveRequest Enter(bool needsModels)
    {
        lock (_lock)
        {
            if (needsModels && Unavailable is { } reason)
            {
                throw ApiException.Unavailable(reason);
            }

            _active++;
        }

        return new ActiveRequest(this);
    }

    private void Leave()
    {
        lock (_lock)
        {
            if (--_active == 0)
            {
                _idle?.TrySetResult();
            }
        }
    }

    /// <summary>A request that is being answered.</summary>
    public readonly struct ActiveRequest(ServerState state) : IDisposable
    {
        /// <inheritdoc/>
        public void Dispose() => state.Leave();
    }
}
