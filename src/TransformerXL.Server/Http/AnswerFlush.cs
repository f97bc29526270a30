using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;

namespace TransformerXL.Server.Http;

/// <summary>Sends what was written of an answer. While a client does not take it, the text that is written for the client holds a place of the model.</summary>
internal static class AnswerFlush
{
    /// <param name="context">The request.</param>
    /// <param name="patience">A client that does not take what the server holds for it, about 32 KiB, within this time is disconnected.</param>
    /// <param name="clock">Measures it.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ConnectionResetException">The client was disconnected.</exception>
    /// <exception cref="OperationCanceledException">The client is gone, or the wait was cancelled.</exception>
    public static ValueTask RunAsync(HttpContext context, TimeSpan patience, TimeProvider clock, CancellationToken cancellationToken)
    {
        ValueTask<FlushResult> flush = context.Response.BodyWriter.FlushAsync(cancellationToken);
        if (!flush.IsCompleted)
        {
            return new ValueTask(WaitAsync(flush.AsTask(), context, patience, clock, cancellationToken));
        }

        _ = flush.GetAwaiter().GetResult();
        return ValueTask.CompletedTask;
    }

    private static async Task WaitAsync(Task flush, HttpContext context, TimeSpan patience, TimeProvider clock, CancellationToken cancellationToken)
    {
        try
        {
            await flush.WaitAsync(patience, clock, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            context.Abort();
            throw new ConnectionResetException("the client does not take its answer");
        }
    }
}
