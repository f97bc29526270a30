using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Microsoft.AspNetCore.Http;
using TransformerXL.Inference.Serving;
using TransformerXL.Server.Http;
using TransformerXL.Server.Metrics;
using TransformerXL.Server.OpenAi;

namespace TransformerXL.Server.Serving;

/// <summary>The continuations of all prompts of a request, which the scheduler writes side by side.</summary>
internal sealed class Generation : IAsyncDisposable
{
    private const int Buffered = 64;

    private readonly ResultStream<GenerationUpdate>[] _streams;
    private readonly RequestScope _scope;
    private readonly ServerMetrics _metrics;
    private readonly TimeProvider _clock;
    private readonly bool[] _hasUsage;
    private readonly bool _isInSession;
    private long _prompt, _reused, _completion, _first;

    private Generation(ResultStream<GenerationUpdate>[] streams, bool isInSession, RequestScope scope, ServerMetrics metrics, TimeProvider clock) =>
        (_streams, _isInSession, _scope, _metrics, _clock, _hasUsage) = (streams, isInSession, scope, metrics, clock, new bool[streams.Length]);

    /// <summary>What was read and written; complete after the last update.</summary>
    public Usage Usage => Usage.Of(_prompt, _reused, _completion);

    /// <summary>Asks the scheduler to continue prompts; all are accepted, or none.</summary>
    /// <param name="context">The request, whose end cancels everything.</param>
    /// <param name="model">The model.</param>
    /// <param name="session">The session that reads the only prompt; null for new texts.</param>
    /// <param name="requests">The prompts, and how each is continued.</param>
    /// <param name="services">Metrics and clock.</param>
    public static async Task<Generation> StartAsync(HttpContext context, ServedModel model, string? session, IReadOnlyList<GenerationRequest> requests, ServerServices services)
    {
        RequestScope scope = RequestScope.Of(context);
        List<ResultStream<GenerationUpdate>> streams = new(requests.Count);
        try
        {
            foreach (GenerationRequest request in requests)
            {
                GenerationRequest one = request with { Client = ClientOf(context, scope) };
                streams.Add(session is null
                    ? model.Scheduler.Generate(one, context.RequestAborted)
                    : await model.Conversations.GenerateAsync(scope.Owner, session, one, context.RequestAborted).ConfigureAwait(false));
            }
        }
        catch
        {
            foreach (ResultStream<GenerationUpdate> stream in streams)
            {
                await stream.DisposeAsync().ConfigureAwait(false);
            }

            throw;
        }

        return new Generation([.. streams], session is not null, scope, services.Metrics, services.Clock);
    }

    /// <summary>Everybody with a key, or else everybody's machine, gets a fair share.</summary>
    public static string ClientOf(HttpContext context, RequestScope scope) =>
        scope.Owner.Length > 0 ? scope.Owner : context.Connection.RemoteIpAddress?.ToString() ?? "";

    /// <summary>The updates of all prompts as they come. To be enumerated once.</summary>
    /// <exception cref="ApiException">The server stops before the texts are complete. In a session the text ends as one that ran out of time, because the session has read it.</exception>
    public async IAsyncEnumerable<(int Prompt, GenerationUpdate Update)> Updates([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach ((int prompt, GenerationUpdate update) in (_streams.Length == 1 ? Single(cancellationToken) : Merged(cancellationToken)).ConfigureAwait(false))
        {
            Note(prompt, update);
            if (update.FinishReason == FinishReason.Cancelled && !_isInSession)
            {
                throw ApiException.Unavailable("the server is shutting down");
            }

            yield return (prompt, update);
        }

        if (_completion > 1)
        {
            _metrics.TimePerToken.Observe(_clock.GetElapsedTime(_first).TotalSeconds / (_completion - 1));
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (ResultStream<GenerationUpdate> stream in _streams)
        {
            await stream.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async IAsyncEnumerable<(int, GenerationUpdate)> Single([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (GenerationUpdate update in _streams[0].WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            yield return (0, update);
        }
    }

    private async IAsyncEnumerable<(int, GenerationUpdate)> Merged([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Channel<(int, GenerationUpdate)> channel = Channel.CreateBounded<(int, GenerationUpdate)>(new BoundedChannelOptions(Buffered) { SingleReader = true });
        Task[] readers = [.. _streams.Select((stream, prompt) => Task.Run(() => CopyAsync(stream, prompt, channel.Writer, stop), CancellationToken.None))];
        Task all = Task.WhenAll(readers);
        Task completion = all.ContinueWith(_ => channel.Writer.TryComplete(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        try
        {
            await foreach ((int, GenerationUpdate) update in channel.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                yield return update;
            }
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await completion.ConfigureAwait(false);
        }
    }

    private static async Task CopyAsync(ResultStream<GenerationUpdate> stream, int prompt, ChannelWriter<(int, GenerationUpdate)> writer, CancellationTokenSource stop)
    {
        try
        {
            await foreach (GenerationUpdate update in stream.WithCancellation(stop.Token).ConfigureAwait(false))
            {
                await writer.WriteAsync((prompt, update), stop.Token).ConfigureAwait(false);
            }
        }
        catch (Exception exception)
        {
            // The first failure ends the answer, and with it the other prompts.
            writer.TryComplete(exception);
            await stop.CancelAsync().ConfigureAwait(false);
        }
    }

    private void Note(int prompt, GenerationUpdate update)
    {
        if (_first == 0 && !update.IsPrompt)
        {
            _first = _clock.GetTimestamp();
            _metrics.TimeToFirstToken.Observe(_clock.GetElapsedTime(_scope.Begin, _first).TotalSeconds);
        }

        if (update.Usage is not { } usage)
        {
            return;
        }

        _completion += usage.GeneratedTokens;
        if (!_hasUsage[prompt])
        {
            _hasUsage[prompt] = true;
            _prompt += usage.PromptTokens;
            _reused += usage.ReusedTokens;
        }

        (_scope.PromptTokens, _scope.CompletionTokens) = (_prompt, _completion);
    }
}
