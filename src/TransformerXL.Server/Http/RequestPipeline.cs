using System.Globalization;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Primitives;
using TransformerXL.Inference.Serving;
using TransformerXL.Server.Metrics;

namespace TransformerXL.Server.Http;

/// <summary>What every request passes: its name, origin, key and the state of the server; and every answer: the shape of errors, a line in the log.</summary>
internal sealed partial class RequestPipeline(ServerState state, OriginRules origins, KeyRing keys, ServerMetrics metrics, ILogger logger, TimeProvider clock)
{
    /// <summary>The status of a request whose client has left, in logs and metrics; nobody receives it.</summary>
    private const int ClientLeft = 499;

    public async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        RequestScope scope = RequestScope.Start(context, clock);
        context.Response.Headers.XContentTypeOptions = "nosniff";
        metrics.Active.Add(1);
        try
        {
            await AnswerAsync(context, scope, next).ConfigureAwait(false);
        }
        finally
        {
            metrics.Active.Add(-1);
            if (scope.Exception is { } exception)
            {
                LogFault(logger, exception, scope.Id);
            }

            Finish(context, scope);
        }
    }

    private async Task AnswerAsync(HttpContext context, RequestScope scope, RequestDelegate next)
    {
        try
        {
            if (origins.Check(context))
            {
                context.Response.StatusCode = StatusCodes.Status204NoContent;
                return;
            }

            if (BodyLimit.IsBroken(context))
            {
                throw BodyLimit.Error();
            }

            RouteAccess access = context.GetEndpoint()?.Metadata.GetMetadata<RouteAccess>() ?? RouteAccess.Status;
            CheckKey(context, scope, access);
            using (state.Enter(access.NeedsModels))
            {
                await next(context).ConfigureAwait(false);
            }

            if (context.Response is { HasStarted: false, StatusCode: >= 400, ContentLength: null, ContentType: null })
            {
                await ErrorWriter.WriteAsync(context, Unanswered(context)).ConfigureAwait(false);
            }
        }
        catch (Exception exception)
        {
            await FailAsync(context, scope, exception).ConfigureAwait(false);
        }
    }

    private void CheckKey(HttpContext context, RequestScope scope, RouteAccess access)
    {
        if (!access.IsOpen)
        {
            scope.Owner = keys.Find(context.Request) ?? throw new ApiException(
                StatusCodes.Status401Unauthorized, ErrorTypes.Authentication, "this server needs a key, in the header 'authorization: Bearer KEY'; none of its keys was given", null, "invalid_api_key");
        }
    }

    private async Task FailAsync(HttpContext context, RequestScope scope, Exception exception)
    {
        if (context.RequestAborted.IsCancellationRequested || exception is ConnectionResetException)
        {
            metrics.Left.Add(1);
            context.Abort();
            SetStatus(context, ClientLeft);
            return;
        }

        ApiException error = Faults.ToApi(exception);
        scope.Fault = error.Message;
        if (exception is StoreUnavailableException or StoreFullException or StoredSessionException)
        {
            LogStore(logger, scope.Id, (exception.InnerException ?? exception).Message);
        }
        else if (error.Status >= StatusCodes.Status500InternalServerError && error.Status is not (StatusCodes.Status503ServiceUnavailable or StatusCodes.Status507InsufficientStorage))
        {
            LogFault(logger, exception, scope.Id);
        }

        if (context.Response.HasStarted)
        {
            context.Abort();
            return;
        }

        string id = scope.Id;
        IHeaderDictionary headers = context.Response.Headers;
        (StringValues vary, StringValues origin, StringValues exposed) = (headers.Vary, headers.AccessControlAllowOrigin, headers.AccessControlExposeHeaders);
        context.Response.Clear();
        headers["x-request-id"] = id;
        headers.XContentTypeOptions = "nosniff";

        // Without these a page of an allowed origin would not see the error.
        (headers.Vary, headers.AccessControlAllowOrigin, headers.AccessControlExposeHeaders) = (vary, origin, exposed);
        try
        {
            await ErrorWriter.WriteAsync(context, error).ConfigureAwait(false);
        }
        catch (Exception lost) when (lost is OperationCanceledException or IOException)
        {
            metrics.Left.Add(1);
        }
    }

    /// <summary>Routing answers by a status alone.</summary>
    private static ApiException Unanswered(HttpContext context) => context.Response.StatusCode switch
    {
        StatusCodes.Status404NotFound => new ApiException(404, ErrorTypes.NotFound, $"there is no route {context.Request.Method} {context.Request.Path}", null, "route_not_found"),
        StatusCodes.Status405MethodNotAllowed => new ApiException(405, ErrorTypes.Request, $"{context.Request.Path} does not take {context.Request.Method}, but {context.Response.Headers.Allow}", null, "method_not_allowed"),
        int status => new ApiException(status, ErrorTypes.Of(status), string.Create(CultureInfo.InvariantCulture, $"the request was refused with status {status}")),
    };

    private static void SetStatus(HttpContext context, int status)
    {
        if (!context.Response.HasStarted)
        {
            context.Response.StatusCode = status;
        }
    }

    private void Finish(HttpContext context, RequestScope scope)
    {
        double seconds = clock.GetElapsedTime(scope.Begin).TotalSeconds;
        int status = context.RequestAborted.IsCancellationRequested ? ClientLeft : context.Response.StatusCode;
        metrics.Answered((context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText ?? "none", status, seconds);
        if (logger.IsEnabled(LogLevel.Information))
        {
            LogRequest(logger, RequestLine.Of(context, scope, status, seconds));
        }
    }

    [LoggerMessage(1, LogLevel.Information, "{Line}")]
    private static partial void LogRequest(ILogger logger, string line);

    [LoggerMessage(2, LogLevel.Error, "request {Id} failed")]
    private static partial void LogFault(ILogger logger, Exception exception, string id);

    [LoggerMessage(3, LogLevel.Error, "request {Id} failed at the store of sessions: {Reason}")]
    private static partial void LogStore(ILogger logger, string id, string reason);
}
