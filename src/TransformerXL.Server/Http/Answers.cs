using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;

namespace TransformerXL.Server.Http;

/// <summary>Writes whole answers.</summary>
internal static class Answers
{
    private const string Json = "application/json; charset=utf-8";

    /// <summary>An object as JSON.</summary>
    public static Task WriteAsync<T>(HttpContext context, T value, JsonTypeInfo<T> type)
    {
        context.Response.ContentType = Json;
        return JsonSerializer.SerializeAsync(context.Response.Body, value, type, context.RequestAborted);
    }

    /// <summary>A text.</summary>
    public static Task WriteTextAsync(HttpContext context, string text, string contentType)
    {
        context.Response.ContentType = contentType;
        return context.Response.WriteAsync(text, context.RequestAborted);
    }

    /// <summary>
    /// Sends an answer piece by piece: pings while nothing comes, and an error in its shape where the rest fails.
    /// </summary>
    /// <param name="stream">Where to.</param>
    /// <param name="items">What comes.</param>
    /// <param name="write">Sends an item.</param>
    /// <param name="complete">Sends what comes after the last item.</param>
    /// <param name="context">The request.</param>
    public static async Task StreamAsync<T>(HttpContext context, IAnswerStream stream, IAsyncEnumerable<T> items, Func<T, ValueTask> write, Func<ValueTask> complete)
    {
        CancellationToken left = context.RequestAborted;
        try
        {
            await PingingAsync(stream, items, write, left).ConfigureAwait(false);
            await complete().ConfigureAwait(false);
            await stream.CompleteAsync(left).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is not ConnectionResetException && context.Response.HasStarted && !left.IsCancellationRequested)
        {
            ApiException error = Faults.ToApi(exception);
            RequestScope.Of(context).Fault = error.Message;
            await stream.FailAsync(new ErrorBody(ErrorDetail.Of(error)), left).ConfigureAwait(false);
            if (error.Status == StatusCodes.Status500InternalServerError)
            {
                RequestScope.Of(context).Exception = exception;
            }
        }
    }

    private static async Task PingingAsync<T>(IAnswerStream stream, IAsyncEnumerable<T> items, Func<T, ValueTask> write, CancellationToken left)
    {
        using CancellationTokenSource ended = CancellationTokenSource.CreateLinkedTokenSource(left);
        Task pause = Task.Delay(EventStream.PingAfter, stream.Clock, ended.Token);
        IAsyncEnumerator<T> item = items.GetAsyncEnumerator(left);
        await using (item.ConfigureAwait(false))
        {
            while (true)
            {
                Task<bool> next = item.MoveNextAsync().AsTask();
                while (!next.IsCompleted && await Task.WhenAny(next, pause).ConfigureAwait(false) == pause)
                {
                    if (left.IsCancellationRequested)
                    {
                        break;
                    }

                    await stream.PingAsync(left).ConfigureAwait(false);
                    pause = Task.Delay(EventStream.PingAfter, stream.Clock, ended.Token);
                }

                if (!await next.ConfigureAwait(false))
                {
                    break;
                }

                await write(item.Current).ConfigureAwait(false);
            }
        }

        await ended.CancelAsync().ConfigureAwait(false);
    }
}
