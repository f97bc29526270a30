using Microsoft.AspNetCore.Http;
using TransformerXL.Server.Metrics;

namespace TransformerXL.Server.Serving;

/// <summary>What all routes use.</summary>
internal sealed record ServerServices(ServerOptions Options, ModelRegistry Models, ServerState State, ServerMetrics Metrics)
{
    public TimeProvider Clock => Options.Clock;

    /// <summary>A new id of an answer.</summary>
    public static string NewId(string prefix) => prefix + Guid.NewGuid().ToString("N");

    /// <summary>Seconds since 1970.</summary>
    public long Now => Clock.GetUtcNow().ToUnixTimeSeconds();

    /// <summary>Runs an operation that may wait for a session or a model, for as long as a request may take.</summary>
    /// <exception cref="TimeoutException">The time ran out.</exception>
    public async Task<T> InTimeAsync<T>(HttpContext context, Func<CancellationToken, Task<T>> operation)
    {
        using CancellationTokenSource late = new(Options.Limits.RequestTime, Clock);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, context.RequestAborted);
        try
        {
            return await operation(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested && !context.RequestAborted.IsCancellationRequested)
        {
            throw new TimeoutException();
        }
    }
}
