using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;
using TransformerXL.Server.Ollama;

namespace TransformerXL.Server.Http;

/// <summary>Writes a line of JSON for each piece, as Ollama's clients read it.</summary>
/// <param name="context">The request.</param>
/// <param name="clock">Measures how long nothing came.</param>
/// <param name="patience">How long the client may leave the answer untaken.</param>
internal sealed class LineStream(HttpContext context, TimeProvider clock, TimeSpan patience) : IAnswerStream
{
    private readonly PipeWriter _output = context.Response.BodyWriter;

    /// <inheritdoc/>
    public TimeProvider Clock => clock;

    /// <inheritdoc/>
    public async ValueTask WriteAsync<T>(T value, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        if (!context.Response.HasStarted)
        {
            context.Response.ContentType = "application/x-ndjson";
        }

        using (Utf8JsonWriter json = new(_output, new JsonWriterOptions { Encoder = type.Options.Encoder, SkipValidation = true }))
        {
            JsonSerializer.Serialize(json, value, type);
        }

        _output.Write("\n"u8);
        await AnswerFlush.RunAsync(context, patience, clock, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public ValueTask PingAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

    /// <inheritdoc/>
    public ValueTask FailAsync(ErrorBody error, CancellationToken cancellationToken) =>
        WriteAsync(new OllamaError(error.Error.Message), ServerJson.Plain.OllamaError, cancellationToken);

    /// <inheritdoc/>
    public ValueTask CompleteAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;
}
