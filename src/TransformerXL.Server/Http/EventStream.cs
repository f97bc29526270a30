using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;

namespace TransformerXL.Server.Http;

/// <summary>Writes server-sent events: <c>data: {json}</c> and an empty line for each, a comment while nothing comes, <c>[DONE]</c> at the end.</summary>
/// <param name="context">The request.</param>
/// <param name="clock">Measures how long nothing came.</param>
/// <param name="patience">How long the client may leave the answer untaken.</param>
internal sealed class EventStream(HttpContext context, TimeProvider clock, TimeSpan patience) : IAnswerStream
{
    /// <summary>Proxies end a connection on which nothing comes for a minute.</summary>
    public static readonly TimeSpan PingAfter = TimeSpan.FromSeconds(10);

    private readonly PipeWriter _output = context.Response.BodyWriter;
    private bool _begun;

    /// <inheritdoc/>
    public async ValueTask WriteAsync<T>(T value, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        Begin();
        _output.Write("data: "u8);
        using (Utf8JsonWriter json = new(_output, new JsonWriterOptions { Encoder = type.Options.Encoder, SkipValidation = true }))
        {
            JsonSerializer.Serialize(json, value, type);
        }

        _output.Write("\n\n"u8);
        await AnswerFlush.RunAsync(context, patience, clock, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask FailAsync(ErrorBody error, CancellationToken cancellationToken) =>
        await WriteAsync(error, ServerJson.Plain.ErrorBody, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async ValueTask CompleteAsync(CancellationToken cancellationToken)
    {
        Begin();
        _output.Write("data: [DONE]\n\n"u8);
        await AnswerFlush.RunAsync(context, patience, clock, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask PingAsync(CancellationToken cancellationToken)
    {
        Begin();
        _output.Write(": ping\n\n"u8);
        await AnswerFlush.RunAsync(context, patience, clock, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public TimeProvider Clock => clock;

    private void Begin()
    {
        if (!_begun)
        {
            _begun = true;
            IHeaderDictionary headers = context.Response.Headers;
            headers.ContentType = "text/event-stream; charset=utf-8";
            headers.CacheControl = "no-cache";

            // nginx would collect events before it passes them on.
            headers["x-accel-buffering"] = "no";
        }
    }
}
