using Microsoft.AspNetCore.Http;
using TransformerXL.Inference.Serving;
using TransformerXL.Server.Http;

namespace TransformerXL.Server.Serving;

/// <summary>The session that a request of OpenAI's routes continues: header <c>x-session-id</c> or field <c>session_id</c>.</summary>
internal static class SessionFields
{
    /// <summary>Opens a session in place of an id.</summary>
    public const string New = "new";

    private const string Header = "x-session-id", Field = "session_id";
    private const int LongestId = 128;

    /// <summary>The model of a request, and its session; null for none, <see cref="New"/> for one that is to be opened.</summary>
    public static async Task<(ServedModel Model, string? Session)> FindAsync(HttpContext context, JsonFields fields, ModelRegistry models)
    {
        string? header = context.Request.Headers[Header];
        string? field = fields.Text(Field, LongestId), id = field ?? (string.IsNullOrEmpty(header) ? null : header);
        if (!string.IsNullOrEmpty(header) && header != id)
        {
            throw ApiException.Invalid(Field, $"{Field} and the header {Header} name two sessions, but a request continues one");
        }

        if (id is null or New)
        {
            return (models.FindWriter(context, fields), id);
        }

        (ServedModel model, _) = await models.FindSessionAsync(context, id).ConfigureAwait(false);
        CheckModel(fields, model, models);
        return (model, id);
    }

    /// <summary>Refuses a request that names another model than that of its session.</summary>
    public static void CheckModel(JsonFields fields, ServedModel model, ModelRegistry models)
    {
        if (fields.Text("model") is { } named && models.Find(named) != model)
        {
            throw ApiException.Invalid("model", $"the session belongs to the model {model.Name}, but the request names another");
        }
    }

    /// <summary>Checks how many texts a request asks for.</summary>
    public static void Check(string? session, int prompts, int samples, ServerLimits limits)
    {
        if (session is not null && (prompts > 1 || samples > 1))
        {
            throw ApiException.Invalid(prompts > 1 ? "prompt" : "n", "a session continues one text: one prompt, and n 1");
        }

        if ((long)prompts * samples > limits.Prompts)
        {
            throw ApiException.Invalid("n", $"{prompts} prompts with {samples} continuations each are {(long)prompts * samples} texts, but a request may ask for at most {limits.Prompts}");
        }

        if (prompts > limits.Queue + limits.Streams)
        {
            throw ApiException.Invalid("prompt", $"there are {prompts} prompts, but this server takes at most {limits.Queue + limits.Streams} at a time");
        }
    }

    /// <summary>Begins the answer to a request, in a session where one is wanted. A session that was opened for a request that fails is deleted, because the client does not get its id.</summary>
    public static async Task<(Generation Texts, string? Session)> StartAsync(HttpContext context, ServedModel model, string? session, IReadOnlyList<GenerationRequest> requests, ServerServices services)
    {
        string? id = await OpenAsync(context, model, session).ConfigureAwait(false);
        try
        {
            return (await Generation.StartAsync(context, model, id, requests, services).ConfigureAwait(false), id);
        }
        catch when (session == New)
        {
            try
            {
                await model.Conversations.DeleteAsync(RequestScope.Of(context).Owner, id!, CancellationToken.None).ConfigureAwait(false);
            }
            catch (Exception fault) when (fault is IOException or SessionNotFoundException or SchedulerBusyException or ObjectDisposedException)
            {
                // The first failure is the one to tell.
            }

            throw;
        }
    }

    private static async Task<string?> OpenAsync(HttpContext context, ServedModel model, string? session)
    {
        if (session == New)
        {
            session = (await model.Conversations.OpenAsync(RequestScope.Of(context).Owner, cancellationToken: context.RequestAborted).ConfigureAwait(false)).Id;
        }

        if (session is not null)
        {
            context.Response.Headers[Header] = session;
        }

        return session;
    }
}
