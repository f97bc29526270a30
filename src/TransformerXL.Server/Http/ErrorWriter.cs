using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using TransformerXL.Server.Ollama;

namespace TransformerXL.Server.Http;

/// <summary>Answers a request by an error, in the shape of the route's clients.</summary>
internal static class ErrorWriter
{
    public static Task WriteAsync(HttpContext context, ApiException exception)
    {
        HttpResponse response = context.Response;
        response.StatusCode = exception.Status;
        response.ContentType = "application/json; charset=utf-8";
        if (exception.RetryAfter is { } seconds)
        {
            response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        }

        if (BodyLimit.IsBroken(context))
        {
            // The rest of the body is not read, so that nothing can follow on this connection; the client has to know.
            response.Headers.Connection = "close";
        }

        if (exception.Status == StatusCodes.Status401Unauthorized)
        {
            response.Headers.WWWAuthenticate = "Bearer";
        }

        byte[] body = context.Request.Path.StartsWithSegments("/api", StringComparison.Ordinal)
            ? JsonSerializer.SerializeToUtf8Bytes(new OllamaError(exception.Message), ServerJson.Plain.OllamaError)
            : JsonSerializer.SerializeToUtf8Bytes(new ErrorBody(ErrorDetail.Of(exception)), ServerJson.Plain.ErrorBody);
        response.ContentLength = body.Length;
        return response.Body.WriteAsync(body, context.RequestAborted).AsTask();
    }
}
