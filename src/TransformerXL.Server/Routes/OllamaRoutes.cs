using System.Globalization;
using System.Text;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;
using TransformerXL.Inference.Chat;
using TransformerXL.Inference.Serving;
using TransformerXL.Server.Chat;
using TransformerXL.Server.Http;
using TransformerXL.Server.Ollama;
using TransformerXL.Server.OpenAi;
using TransformerXL.Server.Serving;

namespace TransformerXL.Server.Routes;

/// <summary><c>/api/generate</c>, <c>/api/chat</c>, <c>/api/embed</c>, <c>/api/tags</c>, <c>/api/version</c>: what Ollama's clients need to write with a model.</summary>
internal sealed class OllamaRoutes(ServerServices services, EmbeddingRoutes embeddings)
{
    private const double NanosecondsPerSecond = 1e9;

    public async Task GenerateAsync(HttpContext context)
    {
        JsonFields fields = await JsonBody.ReadAsync(context).ConfigureAwait(false);
        ServedModel model = services.Models.FindWriter(context, fields);
        string prompt = fields.Text("prompt") ?? "", system = fields.Text("system") ?? "";
        _ = fields.Flag("raw");
        if (fields.Text("suffix") is { Length: > 0 })
        {
            throw ApiException.Unsupported("suffix", "suffix is not supported: this model reads from left to right");
        }

        GenerationRequest request = OllamaFields.Read(fields, services.Options.Limits, "text_completion");
        if (prompt.Length == 0)
        {
            // Clients ask so for the model to be loaded, which it is.
            _ = fields.Flag("stream");
            JsonBody.Finish(context, fields, services.Options.IsStrict);
            await Text(null, "", new OllamaEnd("load", Usage.Of(0, 0, 0), Nanoseconds(context))).ConfigureAwait(false);
            return;
        }

        int[] tokens = PromptEncoding.Encode(model.Vocabulary, system.Length == 0 ? prompt : $"{system}\n\n{prompt}");
        await WriteAsync(context, fields, model, tokens, request, Text).ConfigureAwait(false);

        async ValueTask Text(IAnswerStream? stream, string text, OllamaEnd? end)
        {
            OllamaGeneration line = new()
            {
                Model = model.Name,
                CreatedAt = Now(),
                Response = text,
                Done = end is not null,
                DoneReason = end?.Reason,
                PromptEvalCount = end?.Usage.PromptTokens,
                EvalCount = end?.Usage.CompletionTokens,
                TotalDuration = end?.Nanoseconds,
            };
            await SendAsync(context, stream, line, ServerJson.Plain.OllamaGeneration).ConfigureAwait(false);
        }
    }

    public async Task ChatAsync(HttpContext context)
    {
        JsonFields fields = await JsonBody.ReadAsync(context).ConfigureAwait(false);
        ServedModel model = services.Models.FindWriter(context, fields);
        ChatTemplate template = services.Options.ChatTemplate;
        int[] tokens = ChatMessages.Read(fields, template).Encode(model, template, continues: false);
        GenerationRequest request = OllamaFields.Read(fields, services.Options.Limits, "chat");
        request = request with { Stop = [.. request.Stop, .. template.Stop] };
        await WriteAsync(context, fields, model, tokens, request, Text).ConfigureAwait(false);

        async ValueTask Text(IAnswerStream? stream, string text, OllamaEnd? end)
        {
            OllamaChat line = new()
            {
                Model = model.Name,
                CreatedAt = Now(),
                Message = new OllamaMessage("assistant", text),
                Done = end is not null,
                DoneReason = end?.Reason,
                PromptEvalCount = end?.Usage.PromptTokens,
                EvalCount = end?.Usage.CompletionTokens,
                TotalDuration = end?.Nanoseconds,
            };
            await SendAsync(context, stream, line, ServerJson.Plain.OllamaChat).ConfigureAwait(false);
        }
    }

    public async Task EmbedAsync(HttpContext context)
    {
        JsonFields fields = await JsonBody.ReadAsync(context).ConfigureAwait(false);
        ServedModel model = services.Models.Find(context, fields);
        var texts = PromptFields.Read(fields.Any("input") ?? throw fields.Missing("input"), "input", model, services.Options.Limits, areWhole: true);
        int size = model.Folder.Model.Configuration.HiddenWidth, dimensions = (int)(fields.Whole("dimensions", 1, size) ?? size);
        foreach (string name in (string[])["truncate", "options", "keep_alive"])
        {
            _ = fields.Any(name);
        }

        JsonBody.Finish(context, fields, services.Options.IsStrict);
        (float[][] vectors, long tokens) = await embeddings.EmbedAsync(context, model, "input", [.. texts.Select(text => text.Tokens)]).ConfigureAwait(false);
        await Answers.WriteAsync(context, new OllamaEmbeddings(model.Name, [.. vectors.Select(vector => EmbeddingRoutes.Shorten(vector, dimensions))], Nanoseconds(context), tokens), ServerJson.Plain.OllamaEmbeddings).ConfigureAwait(false);
    }

    public Task TagsAsync(HttpContext context) => Answers.WriteAsync(context, new OllamaModels([.. services.Models.All.Select(Item)]), ServerJson.Plain.OllamaModels);

    public static Task VersionAsync(HttpContext context) =>
        Answers.WriteAsync(context, new OllamaVersion(typeof(OllamaRoutes).Assembly.GetName().Version?.ToString(3) ?? ""), ServerJson.Plain.OllamaVersion);

    private static Task SendAsync<T>(HttpContext context, IAnswerStream? stream, T line, JsonTypeInfo<T> type) =>
        stream is null ? Answers.WriteAsync(context, line, type) : stream.WriteAsync(line, type, context.RequestAborted).AsTask();

    /// <summary>Continues a prompt; <paramref name="write"/> sends a text, the last with its end, into a stream or (null) as the whole answer.</summary>
    private async Task WriteAsync(
        HttpContext context, JsonFields fields, ServedModel model, int[] tokens, GenerationRequest request, Func<IAnswerStream?, string, OllamaEnd?, ValueTask> write)
    {
        bool streams = fields.Flag("stream") ?? true;
        GenerationFields.CheckLength("prompt", tokens.Length, false, services.Options.Limits);
        JsonBody.Finish(context, fields, services.Options.IsStrict);
        Generation texts = await Generation.StartAsync(context, model, null, [request with { Prompt = Prompt.Of(tokens) }], services).ConfigureAwait(false);
        await using (texts.ConfigureAwait(false))
        {
            FinishReason reason = FinishReason.Stop;
            StringBuilder whole = new();
            LineStream? lines = streams ? new(context, services.Clock, services.Options.Limits.ReadTime) : null;
            if (lines is not null)
            {
                await Answers.StreamAsync(context, lines, texts.Updates(context.RequestAborted), TakeAsync, () => write(lines, "", End())).ConfigureAwait(false);
                return;
            }

            await foreach ((int Prompt, GenerationUpdate Update) item in texts.Updates(context.RequestAborted).ConfigureAwait(false))
            {
                await TakeAsync(item).ConfigureAwait(false);
            }

            await write(null, whole.ToString(), End()).ConfigureAwait(false);

            async ValueTask TakeAsync((int Prompt, GenerationUpdate Update) item)
            {
                reason = item.Update.FinishReason ?? reason;
                if (lines is null)
                {
                    whole.Append(item.Update.Text);
                }
                else if (item.Update.Text.Length > 0)
                {
                    await write(lines, item.Update.Text, null).ConfigureAwait(false);
                }
            }

            OllamaEnd End() => new(FinishReasons.Of(reason), texts.Usage, Nanoseconds(context));
        }
    }

    private OllamaModel Item(ServedModel model)
    {
        long parameters = model.Folder.Model.Parameters.Sum(parameter => (long)parameter.Value.Shape.Count);
        string size = parameters < 1_000_000 ? string.Create(CultureInfo.InvariantCulture, $"{parameters / 1e3:0.0}K") : string.Create(CultureInfo.InvariantCulture, $"{parameters / 1e6:0.0}M");
        OllamaDetails details = new("safetensors", model.Kind, size, "F32");
        return new OllamaModel(model.Name, model.Name, Text(model.Loaded), parameters * sizeof(float), model.Digest, details);
    }

    private string Now() => Text(services.Clock.GetUtcNow());

    private static string Text(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'", CultureInfo.InvariantCulture);

    private long Nanoseconds(HttpContext context) => (long)(services.Clock.GetElapsedTime(RequestScope.Of(context).Begin).TotalSeconds * NanosecondsPerSecond);

    /// <summary>How a text ended.</summary>
    private sealed record OllamaEnd(string Reason, Usage Usage, long Nanoseconds);
}
