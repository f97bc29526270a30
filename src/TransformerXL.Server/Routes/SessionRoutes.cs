using System.Text.Json;
using Microsoft.AspNetCore.Http;
using TransformerXL.Inference.Serving;
using TransformerXL.Server.Http;
using TransformerXL.Server.OpenAi;
using TransformerXL.Server.Serving;

namespace TransformerXL.Server.Routes;

/// <summary><c>/v1/sessions</c>: memories that are kept, so that a client sends only what is new.</summary>
internal sealed class SessionRoutes(ServerServices services, CompletionRoutes completions)
{
    private const int LongestName = 200;

    public async Task OpenAsync(HttpContext context)
    {
        JsonFields fields = await ReadOptionalAsync(context).ConfigureAwait(false);
        ServedModel model = services.Models.FindWriter(context, fields);
        string name = fields.Text("name", LongestName) ?? "";
        bool adapts = fields.Flag("adapt") ?? false;
        JsonBody.Finish(context, fields, services.Options.IsStrict);
        if (adapts && model.Scheduler.Options.Learning is null)
        {
            throw ApiException.Unsupported("adapt", "sessions of this server do not learn from what they read; its operator can allow it");
        }

        ConversationInfo info = await model.Conversations.OpenAsync(Owner(context), name, adapts, context.RequestAborted).ConfigureAwait(false);
        context.Response.StatusCode = StatusCodes.Status201Created;
        await WriteAsync(context, model, info).ConfigureAwait(false);
    }

    public async Task ListAsync(HttpContext context)
    {
        List<(SessionItem Item, DateTimeOffset Used)> items = [];
        foreach (ServedModel model in services.Models.All)
        {
            foreach (ConversationInfo info in await model.Conversations.ListAsync(Owner(context), context.RequestAborted).ConfigureAwait(false))
            {
                items.Add((SessionItem.Of(model, info), info.LastUsed));
            }
        }

        SessionList answer = new([.. items.OrderByDescending(item => item.Used).Select(item => item.Item)]);
        await Answers.WriteAsync(context, answer, ServerJson.Plain.SessionList).ConfigureAwait(false);
    }

    public async Task GetAsync(HttpContext context)
    {
        (ServedModel model, ConversationInfo info) = await FindAsync(context).ConfigureAwait(false);
        await WriteAsync(context, model, info).ConfigureAwait(false);
    }

    public async Task RenameAsync(HttpContext context)
    {
        (ServedModel model, ConversationInfo info) = await FindAsync(context).ConfigureAwait(false);
        JsonFields fields = await JsonBody.ReadAsync(context).ConfigureAwait(false);
        string name = fields.RequiredText("name", LongestName);
        JsonBody.Finish(context, fields, services.Options.IsStrict);
        await WriteAsync(context, model, await services.InTimeAsync(context, stop => model.Conversations.RenameAsync(Owner(context), info.Id, name, stop)).ConfigureAwait(false)).ConfigureAwait(false);
    }

    public async Task DeleteAsync(HttpContext context)
    {
        (ServedModel model, ConversationInfo info) = await FindAsync(context).ConfigureAwait(false);
        _ = await services.InTimeAsync(context, async stop =>
        {
            await model.Conversations.DeleteAsync(Owner(context), info.Id, stop).ConfigureAwait(false);
            return true;
        }).ConfigureAwait(false);
        await Answers.WriteAsync(context, new SessionDeleted(info.Id, true), ServerJson.Plain.SessionDeleted).ConfigureAwait(false);
    }

    /// <summary>Reads a text, or tokens.</summary>
    public async Task ReadAsync(HttpContext context)
    {
        (ServedModel model, ConversationInfo before) = await FindAsync(context).ConfigureAwait(false);
        JsonFields fields = await JsonBody.ReadAsync(context).ConfigureAwait(false);
        JsonElement prompt = fields.Any("prompt") ?? fields.Any("text") ?? throw fields.Missing("prompt");
        IReadOnlyList<(string? Text, int[] Tokens)> texts = PromptFields.Read(prompt, "prompt", model, services.Options.Limits);
        if (texts.Count != 1)
        {
            throw ApiException.Invalid("prompt", $"prompt holds {texts.Count} texts, but a session reads one");
        }

        int[] tokens = texts[0].Tokens;
        GenerationFields.CheckLength("prompt", tokens.Length, false, services.Options.Limits);
        JsonBody.Finish(context, fields, services.Options.IsStrict);
        RequestScope scope = RequestScope.Of(context);
        TokenUsage usage = await model.Conversations.ReadAsync(
            scope.Owner, before.Id, Prompt.Of(tokens), Generation.ClientOf(context, scope), services.Options.Limits.RequestTime, context.RequestAborted).ConfigureAwait(false);
        ConversationInfo info = await model.Conversations.GetAsync(scope.Owner, before.Id, context.RequestAborted).ConfigureAwait(false);
        scope.PromptTokens = tokens.Length;
        await Answers.WriteAsync(context, new SessionRead(SessionItem.Of(model, info), Usage.Of(tokens.Length, usage.ReusedTokens, 0)), ServerJson.Plain.SessionRead).ConfigureAwait(false);
    }

    /// <summary>Continues the session, with the fields and answers of <c>/v1/completions</c>.</summary>
    public async Task GenerateAsync(HttpContext context)
    {
        (ServedModel model, ConversationInfo info) = await FindAsync(context).ConfigureAwait(false);
        JsonFields fields = await ReadOptionalAsync(context).ConfigureAwait(false);
        SessionFields.CheckModel(fields, model, services.Models);
        await completions.CompleteAsync(context, fields, model, info.Id, "text_completion").ConfigureAwait(false);
    }

    public async Task ForkAsync(HttpContext context)
    {
        (ServedModel model, ConversationInfo info) = await FindAsync(context).ConfigureAwait(false);
        JsonFields fields = await ReadOptionalAsync(context).ConfigureAwait(false);
        string name = fields.Text("name", LongestName) ?? info.Name;
        JsonBody.Finish(context, fields, services.Options.IsStrict);
        ConversationInfo fork;
        try
        {
            fork = await services.InTimeAsync(context, stop => model.Conversations.ForkAsync(Owner(context), info.Id, name, stop)).ConfigureAwait(false);
        }
        catch (InputException noRoom)
        {
            throw new ApiException(StatusCodes.Status507InsufficientStorage, ErrorTypes.Server, noRoom.Message, "session_id", "session_memory");
        }

        context.Response.StatusCode = StatusCodes.Status201Created;
        await WriteAsync(context, model, fork).ConfigureAwait(false);
    }

    public async Task SaveAsync(HttpContext context)
    {
        (ServedModel model, ConversationInfo info) = await FindAsync(context).ConfigureAwait(false);
        RequireStore();
        await WriteAsync(context, model, await services.InTimeAsync(context, stop => model.Conversations.SaveAsync(Owner(context), info.Id, stop)).ConfigureAwait(false)).ConfigureAwait(false);
    }

    public async Task RestoreAsync(HttpContext context)
    {
        (ServedModel model, ConversationInfo info) = await FindAsync(context).ConfigureAwait(false);
        RequireStore();
        if (info.Version == 0)
        {
            throw new ApiException(StatusCodes.Status409Conflict, "conflict_error", "the session was never saved; there is nothing to go back to", "session_id", "never_saved");
        }

        try
        {
            info = await services.InTimeAsync(context, stop => model.Conversations.RestoreAsync(Owner(context), info.Id, stop)).ConfigureAwait(false);
        }
        catch (InputException expired)
        {
            throw new ApiException(StatusCodes.Status409Conflict, "conflict_error", expired.Message, "session_id", "saved_state_expired");
        }

        await WriteAsync(context, model, info).ConfigureAwait(false);
    }

    /// <summary>The most probable next tokens; the session does not change.</summary>
    public async Task NextAsync(HttpContext context)
    {
        const int Standard = 10, MaxTop = 100;
        (ServedModel model, ConversationInfo info) = await FindAsync(context).ConfigureAwait(false);
        JsonFields fields = await ReadOptionalAsync(context).ConfigureAwait(false);
        int top = (int)(fields.Whole("top", 1, MaxTop) ?? Standard);
        JsonBody.Finish(context, fields, services.Options.IsStrict);
        if (info.Tokens == 0)
        {
            throw ApiException.Invalid("session_id", "the session has read nothing; read a text first");
        }

        NextToken[] next = await services.InTimeAsync(context, stop => model.Conversations.InspectAsync(Owner(context), info.Id, session => NextTokenReader.Read(session, model, top), stop)).ConfigureAwait(false);
        await Answers.WriteAsync(context, new NextTokens(info.Id, next), ServerJson.Plain.NextTokens).ConfigureAwait(false);
    }

    private static string Owner(HttpContext context) => RequestScope.Of(context).Owner;

    private Task<(ServedModel Model, ConversationInfo Info)> FindAsync(HttpContext context) => services.Models.FindSessionAsync(context, RouteValues.Text(context, "id"));

    private static Task<JsonFields> ReadOptionalAsync(HttpContext context) => JsonBody.ReadAsync(context, isOptional: true);

    private void RequireStore()
    {
        if (services.Options.OpenStore is null)
        {
            throw ApiException.Unsupported("session_id", "this server keeps sessions in memory only; its operator can add a session store");
        }
    }

    private static Task WriteAsync(HttpContext context, ServedModel model, ConversationInfo info) =>
        Answers.WriteAsync(context, SessionItem.Of(model, info), ServerJson.Plain.SessionItem);
}
