using System.Text.Json;
using Microsoft.AspNetCore.Http;
using TransformerXL.Inference.Serving;
using TransformerXL.Server.Http;
using TransformerXL.Server.OpenAi;
using TransformerXL.Server.Serving;

namespace TransformerXL.Server.Routes;

/// <summary><c>POST /v1/chat/completions</c>: replies to messages.</summary>
internal sealed class ChatRoutes(ServerServices services)
{
    public async Task ReplyAsync(HttpContext context)
    {
        JsonFields fields = await JsonBody.ReadAsync(context).ConfigureAwait(false);
        (ServedModel model, string? session) = await SessionFields.FindAsync(context, fields, services.Models).ConfigureAwait(false);
        bool continues = session is not null and not SessionFields.New
            && (await model.Conversations.GetAsync(RequestScope.Of(context).Owner, session, context.RequestAborted).ConfigureAwait(false)).Tokens > 0;
        ChatRequest request = ChatRequest.Read(fields, model, services.Options, continues);
        JsonBody.Finish(context, fields, services.Options.IsStrict);
        SessionFields.Check(session, 1, request.Generation.Samples, services.Options.Limits);
        (Generation texts, session) = await SessionFields.StartAsync(context, model, session, [request.Generation with { Prompt = Prompt.Of(request.Prompt) }], services).ConfigureAwait(false);
        await using (texts.ConfigureAwait(false))
        {
            bool hasLogprobs = request.Generation.TopLogProbabilities is not null;
            ChatText[] replies = [.. Enumerable.Range(0, request.Generation.Samples).Select(i => new ChatText(i, model.Texts, hasLogprobs, request.Prompt.Length > 0 ? request.Prompt[^1] : null))];
            string id = ServerServices.NewId("chatcmpl-");
            await (request.Stream.IsOn
                ? StreamAsync(context, texts, new ChatChunk { Id = id, Created = services.Now, Model = model.Name, Choices = [], SessionId = session }, replies, request)
                : WholeAsync(context, texts, id, model, session, replies)).ConfigureAwait(false);
        }
    }

    private async Task WholeAsync(HttpContext context, Generation texts, string id, ServedModel model, string? session, ChatText[] replies)
    {
        await foreach ((_, GenerationUpdate update) in texts.Updates(context.RequestAborted).ConfigureAwait(false))
        {
            replies[update.Choice].Add(update);
        }

        ChatCompletion answer = new()
        {
            Id = id,
            Created = services.Now,
            Model = model.Name,
            Choices = [.. replies.Select(reply => reply.Complete())],
            Usage = texts.Usage,
            SessionId = session,
        };
        await Answers.WriteAsync(context, answer, ServerJson.Plain.ChatCompletion).ConfigureAwait(false);
    }

    private async Task StreamAsync(HttpContext context, Generation texts, ChatChunk head, ChatText[] replies, ChatRequest request)
    {
        EventStream events = new(context, services.Clock, services.Options.Limits.ReadTime);
        ChatChunk piece = request.Stream.IncludesUsage ? head with { Usage = JsonNull.Element } : head;
        HashSet<int> begun = [];
        await Answers.StreamAsync(context, events, texts.Updates(context.RequestAborted), WriteAsync, CompleteAsync).ConfigureAwait(false);

        async ValueTask WriteAsync((int Prompt, GenerationUpdate Update) item)
        {
            ChatText reply = replies[item.Update.Choice];
            reply.Add(item.Update);
            ChatChunkChoice?[] choices = [begun.Add(item.Update.Choice) ? reply.Begin() : null, reply.Take(), reply.Finish is null ? null : reply.End()];
            foreach (ChatChunkChoice choice in choices.OfType<ChatChunkChoice>())
            {
                await events.WriteAsync(piece with { Choices = [choice] }, ServerJson.Plain.ChatChunk, context.RequestAborted).ConfigureAwait(false);
            }
        }

        async ValueTask CompleteAsync()
        {
            if (request.Stream.IncludesUsage)
            {
                ChatChunk last = head with { Usage = JsonSerializer.SerializeToElement(texts.Usage, ServerJson.Plain.Usage) };
                await events.WriteAsync(last, ServerJson.Plain.ChatChunk, context.RequestAborted).ConfigureAwait(false);
            }
        }
    }
}
