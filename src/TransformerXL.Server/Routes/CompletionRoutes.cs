using System.Text.Json;
using Microsoft.AspNetCore.Http;
using TransformerXL.Inference.Serving;
using TransformerXL.Server.Http;
using TransformerXL.Server.OpenAi;
using TransformerXL.Server.Serving;

namespace TransformerXL.Server.Routes;

/// <summary><c>POST /v1/completions</c>: continues prompts.</summary>
internal sealed class CompletionRoutes(ServerServices services)
{
    public async Task CompleteAsync(HttpContext context)
    {
        JsonFields fields = await JsonBody.ReadAsync(context).ConfigureAwait(false);
        (ServedModel model, string? session) = await SessionFields.FindAsync(context, fields, services.Models).ConfigureAwait(false);
        await CompleteAsync(context, fields, model, session, "text_completion").ConfigureAwait(false);
    }

    /// <summary>Continues prompts with a model, or a session of it.</summary>
    public async Task CompleteAsync(HttpContext context, JsonFields fields, ServedModel model, string? session, string operation)
    {
        CompletionRequest request = CompletionRequest.Read(fields, model, services.Options.Limits, session is not null);
        JsonBody.Finish(context, fields, services.Options.IsStrict);
        SessionFields.Check(session, request.Prompts.Count, request.Generation.Samples, services.Options.Limits);
        (Generation texts, session) = await SessionFields.StartAsync(context, model, session, request.Requests(operation), services).ConfigureAwait(false);
        await using (texts.ConfigureAwait(false))
        {
            Completion head = new() { Id = ServerServices.NewId("cmpl-"), Created = services.Now, Model = model.Name, Choices = [], SessionId = session };
            CompletionText[] choices = [.. Enumerable.Range(0, request.Prompts.Count * request.Generation.Samples).Select(i => NewChoice(i, model, request))];
            await (request.Stream.IsOn ? StreamAsync(context, texts, head, choices, request) : WholeAsync(context, texts, head, choices, request)).ConfigureAwait(false);
        }
    }

    private static CompletionText NewChoice(int index, ServedModel model, CompletionRequest request)
    {
        (string? text, int[] tokens) = request.Prompts[index / request.Generation.Samples];
        (int[], int)? offsets = request.Generation.ScoresPrompt && text is not null ? PromptOffsets.Of(model.Vocabulary, text, tokens) : null;
        return new CompletionText(index, model.Texts, request, () => text ?? model.Vocabulary.Decode(tokens), offsets);
    }

    /// <summary>The choices that an update is for: the prompt is the beginning of each of its continuations.</summary>
    private static ReadOnlySpan<CompletionText> Choices(CompletionText[] choices, int samples, int prompt, GenerationUpdate update)
    {
        ReadOnlySpan<CompletionText> own = choices.AsSpan(prompt * samples, samples);
        return update.IsPrompt ? own : own.Slice(update.Choice, 1);
    }

    private static async Task WholeAsync(HttpContext context, Generation texts, Completion head, CompletionText[] choices, CompletionRequest request)
    {
        await foreach ((int prompt, GenerationUpdate update) in texts.Updates(context.RequestAborted).ConfigureAwait(false))
        {
            foreach (CompletionText choice in Choices(choices, request.Generation.Samples, prompt, update))
            {
                choice.Add(update);
            }
        }

        Completion answer = head with { Choices = [.. choices.Select(choice => choice.Take()).OfType<CompletionChoice>()], Usage = JsonSerializer.SerializeToElement(texts.Usage, ServerJson.Plain.Usage) };
        await Answers.WriteAsync(context, answer, ServerJson.Plain.Completion).ConfigureAwait(false);
    }

    private async Task StreamAsync(HttpContext context, Generation texts, Completion head, CompletionText[] choices, CompletionRequest request)
    {
        EventStream events = new(context, services.Clock, services.Options.Limits.ReadTime);
        Completion piece = request.Stream.IncludesUsage ? head with { Usage = JsonNull.Element } : head;
        await Answers.StreamAsync(context, events, texts.Updates(context.RequestAborted), WriteAsync, CompleteAsync).ConfigureAwait(false);

        async ValueTask WriteAsync((int Prompt, GenerationUpdate Update) item)
        {
            CompletionText[] changed = Choices(choices, request.Generation.Samples, item.Prompt, item.Update).ToArray();
            foreach (CompletionText choice in changed)
            {
                choice.Add(item.Update);
                if (choice.Take() is { } text)
                {
                    await events.WriteAsync(piece with { Choices = [text] }, ServerJson.Plain.Completion, context.RequestAborted).ConfigureAwait(false);
                }
            }
        }

        async ValueTask CompleteAsync()
        {
            if (request.Stream.IncludesUsage)
            {
                Completion last = head with { Usage = JsonSerializer.SerializeToElement(texts.Usage, ServerJson.Plain.Usage) };
                await events.WriteAsync(last, ServerJson.Plain.Completion, context.RequestAborted).ConfigureAwait(false);
            }
        }
    }
}
