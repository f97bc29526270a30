using System.Text.Json;
using Microsoft.AspNetCore.Http;
using TransformerXL.Files;
using TransformerXL.Inference.Serving;
using TransformerXL.Server.Http;
using TransformerXL.Server.OpenAi;
using TransformerXL.Server.Serving;

namespace TransformerXL.Server.Routes;

/// <summary><c>POST /v1/embeddings</c>: vectors of length 1 from pooled hidden states.</summary>
internal sealed class EmbeddingRoutes(ServerServices services)
{
    public async Task EmbedAsync(HttpContext context)
    {
        JsonFields fields = await JsonBody.ReadAsync(context).ConfigureAwait(false);
        ServedModel model = services.Models.Find(context, fields);
        JsonElement input = fields.Any("input") ?? throw fields.Missing("input");
        IReadOnlyList<(string? Text, int[] Tokens)> texts = PromptFields.Read(input, "input", model, services.Options.Limits, areWhole: true);
        bool isBase64 = ReadEncoding(fields);
        int size = model.Folder.Model.Configuration.HiddenWidth;
        int dimensions = (int)(fields.Whole("dimensions", 1, size) ?? size);
        _ = fields.Any("user");
        JsonBody.Finish(context, fields, services.Options.IsStrict);
        (float[][] vectors, long tokens) = await EmbedAsync(context, model, "input", [.. texts.Select(text => text.Tokens)]).ConfigureAwait(false);
        EmbeddingList answer = new(
            [.. vectors.Select((vector, i) => new EmbeddingItem(i, new EmbeddingVector(Shorten(vector, dimensions), isBase64)))],
            model.Name,
            new EmbeddingUsage(tokens, tokens));
        await Answers.WriteAsync(context, answer, ServerJson.Plain.EmbeddingList).ConfigureAwait(false);
    }

    /// <summary>The vectors of texts, and the number of their tokens.</summary>
    public async Task<(float[][] Vectors, long Tokens)> EmbedAsync(HttpContext context, ServedModel model, string name, IReadOnlyList<int[]> texts)
    {
        RequestScope scope = RequestScope.Of(context);
        for (int i = 0; i < texts.Count; i++)
        {
            string path = texts.Count == 1 ? name : $"{name}[{i}]";
            GenerationFields.CheckLength(path, texts[i].Length, false, services.Options.Limits);
            if (texts[i].Length == 0)
            {
                throw ApiException.Invalid(path, $"{path} has no tokens, so there is nothing to embed");
            }
        }

        using CancellationTokenSource failed = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        using SemaphoreSlim places = new(Math.Min(services.Options.Limits.Prompts, services.Options.Limits.Streams + services.Options.Limits.Queue));
        Task<TextEmbedding>[] tasks = [.. texts.Select(text => StartAsync(model, Request(model, text, context, scope), places, failed))];
        TextEmbedding[] embeddings = await Task.WhenAll(tasks).ConfigureAwait(false);
        long tokens = embeddings.Sum(embedding => embedding.PromptTokens);
        scope.PromptTokens = tokens;
        return ([.. embeddings.Select(embedding => embedding.Vector)], tokens);
    }

    private EmbeddingRequest Request(ServedModel model, int[] text, HttpContext context, RequestScope scope) => new()
    {
        Prompt = Prompt.Of(text),
        Pooling = model.Pooling,
        Normalizes = true,
        Client = Generation.ClientOf(context, scope),
        Timeout = services.Options.Limits.RequestTime,
    };

    /// <summary>A request with many texts does not fill the queue. The first text that fails cancels the others.</summary>
    private static async Task<TextEmbedding> StartAsync(ServedModel model, EmbeddingRequest request, SemaphoreSlim places, CancellationTokenSource failed)
    {
        await places.WaitAsync(failed.Token).ConfigureAwait(false);
        try
        {
            return await model.Scheduler.EmbedAsync(request, failed.Token).ConfigureAwait(false);
        }
        catch
        {
            await failed.CancelAsync().ConfigureAwait(false);
            throw;
        }
        finally
        {
            places.Release();
        }
    }

    private static bool ReadEncoding(JsonFields fields)
    {
        string encoding = fields.Text("encoding_format") ?? "float";
        return encoding is "float" or "base64"
            ? encoding == "base64"
            : throw ApiException.Invalid("encoding_format", $"encoding_format is '{InputText.Show(encoding)}', but must be float or base64");
    }

    /// <summary>The first numbers of a vector, scaled to length 1 again.</summary>
    public static float[] Shorten(float[] vector, int dimensions)
    {
        if (dimensions == vector.Length)
        {
            return vector;
        }

        double length = Math.Sqrt(vector.Take(dimensions).Sum(value => (double)value * value));
        return [.. vector.Take(dimensions).Select(value => length > 0 ? (float)(value / length) : value)];
    }
}
