using Microsoft.AspNetCore.Http;
using TransformerXL.Inference.Serving;

namespace TransformerXL.Server.Http;

/// <summary>Turns exceptions into answers. Messages of exceptions that are not made for clients stay in the log: they may name paths of the machine.</summary>
internal static class Faults
{
    public static ApiException ToApi(Exception exception) => exception switch
    {
        ApiException own => own,
        BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } => BodyLimit.Error(),
        BadHttpRequestException bad => new ApiException(bad.StatusCode, ErrorTypes.Of(bad.StatusCode), bad.Message, null, "bad_request"),
        SchedulerBusyException busy => new ApiException(StatusCodes.Status429TooManyRequests, ErrorTypes.RateLimit, busy.Message, null, "busy") { RetryAfter = Seconds(busy.RetryAfter) },
        SchedulerStoppedException => ApiException.Unavailable("the server is shutting down"),
        SessionNotFoundException => new ApiException(StatusCodes.Status404NotFound, ErrorTypes.NotFound, "there is no such session", "session_id", "session_not_found"),
        SessionConflictException conflict => new ApiException(StatusCodes.Status409Conflict, "conflict_error", conflict.Message, "session_id", "session_conflict"),
        LearningDivergedException diverged => new ApiException(StatusCodes.Status422UnprocessableEntity, ErrorTypes.Request, diverged.Message, "session_id", "learning_diverged"),
        LearningUnavailableException unavailable => new ApiException(StatusCodes.Status409Conflict, "conflict_error", unavailable.Message, "session_id", "learning_unavailable"),
        StoredSessionException unusable => new ApiException(StatusCodes.Status409Conflict, "conflict_error", unusable.Message, "session_id", "session_unusable"),
        StoreFullException => new ApiException(StatusCodes.Status507InsufficientStorage, ErrorTypes.Server, "the store of sessions is full; nothing was saved", null, "store_full"),
        StoreUnavailableException => ApiException.Unavailable("the store of sessions does not answer, or cannot be read or written; nothing was saved"),
        TimeoutException => new ApiException(StatusCodes.Status504GatewayTimeout, "timeout_error", "the time of the request ran out", null, "timeout"),
        _ => new ApiException(StatusCodes.Status500InternalServerError, ErrorTypes.Server, "internal error; the server's log has details", null, "internal_error"),
    };

    private static int Seconds(TimeSpan time) => (int)Math.Clamp(Math.Ceiling(time.TotalSeconds), 1, 3600);
}
