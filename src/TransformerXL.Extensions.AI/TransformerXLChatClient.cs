using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using TransformerXL.Inference.Serving;

namespace TransformerXL.Extensions.AI;

/// <summary>Chats with a model; the model is not its own.</summary>
internal sealed class TransformerXLChatClient(LocalModel model) : IChatClient
{
    private const string Owner = "";

    private readonly ChatClientMetadata _metadata = new(SchedulerTelemetry.Provider, null, model.Id);

    public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);

    public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        model.Check(options?.ModelId);
        if (model.Folder.Head is not null)
        {
            throw new InputException($"the model '{model.Id}' was trained for a task and does not write text");
        }

        return WriteAsync(messages, options, ChatRequests.Read(model, this, options), cancellationToken);
    }

    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return serviceKey is not null ? null
            : serviceType == typeof(ChatClientMetadata) ? _metadata
            : serviceType == typeof(LocalModel) ? model
            : serviceType == typeof(ModelScheduler) ? model.Scheduler
            : serviceType == typeof(Conversations) ? model.Conversations
            : serviceType.IsInstanceOfType(this) ? this
            : null;
    }

    /// <summary>Does nothing: the model is disposed by its owner.</summary>
    public void Dispose()
    {
    }

    private async IAsyncEnumerable<ChatResponseUpdate> WriteAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options, GenerationRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        (ResultStream<GenerationUpdate> results, string? conversation) = await StartAsync(messages, options, request, cancellationToken).ConfigureAwait(false);
        string id = $"chatcmpl-{Guid.NewGuid():N}";
        DateTimeOffset created = model.Scheduler.Options.Clock.GetUtcNow();
        await foreach (GenerationUpdate update in results.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            if (update.FinishReason == FinishReason.Cancelled)
            {
                throw new SchedulerStoppedException("the model was disposed before the reply was complete");
            }

            List<AIContent> contents = update.Text.Length > 0 ? [new TextContent(update.Text)] : [];
            if (update.Usage is { } usage)
            {
                contents.Add(new UsageContent(Details(usage)));
                Log.Completed(model.Logger, "chat", model.Id, usage.PromptTokens, usage.ReusedTokens, usage.GeneratedTokens, $"{update.FinishReason}");
            }

            yield return new ChatResponseUpdate(ChatRole.Assistant, contents)
            {
                ResponseId = id,
                MessageId = id,
                CreatedAt = created,
                ModelId = model.Id,
                ConversationId = conversation,
                FinishReason = update.FinishReason switch { null => null, FinishReason.Stop => ChatFinishReason.Stop, _ => ChatFinishReason.Length },
                RawRepresentation = update,
            };
        }
    }

    private async Task<(ResultStream<GenerationUpdate> Results, string? Conversation)> StartAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options, GenerationRequest request, CancellationToken cancellationToken)
    {
        try
        {
            string? id = options?.ConversationId;
            bool opens = id == LocalModel.NewConversation;
            bool continues = id is not null && !opens && (await model.Conversations.GetAsync(Owner, id, cancellationToken).ConfigureAwait(false)).Tokens > 0;
            request = request with { Prompt = ChatRequests.Encode(model, messages, options?.Instructions, continues) };
            if (id is null)
            {
                return (model.Scheduler.Generate(request, cancellationToken), null);
            }

            return opens
                ? await OpenAsync(request, cancellationToken).ConfigureAwait(false)
                : (await model.Conversations.GenerateAsync(Owner, id, request, cancellationToken).ConfigureAwait(false), id);
        }
        catch (Exception exception) when (exception is not (OperationCanceledException or InputException or NotSupportedException))
        {
            Log.Failed(model.Logger, exception, "chat", model.Id);
            throw;
        }
    }

    /// <summary>Opens a conversation and begins its first reply. If that fails, the conversation is deleted: the caller has not got its id.</summary>
    private async Task<(ResultStream<GenerationUpdate> Results, string? Conversation)> OpenAsync(GenerationRequest request, CancellationToken cancellationToken)
    {
        string id = (await model.Conversations.OpenAsync(Owner, cancellationToken: cancellationToken).ConfigureAwait(false)).Id;
        try
        {
            return (await model.Conversations.GenerateAsync(Owner, id, request, cancellationToken).ConfigureAwait(false), id);
        }
        catch
        {
            await model.Conversations.DeleteAsync(Owner, id, CancellationToken.None).ConfigureAwait(false);
            throw;
        }
    }

    private static UsageDetails Details(TokenUsage usage) => new()
    {
        InputTokenCount = usage.PromptTokens,
        CachedInputTokenCount = usage.ReusedTokens,
        OutputTokenCount = usage.GeneratedTokens,
        TotalTokenCount = usage.PromptTokens + usage.GeneratedTokens,
    };
}
