using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.AI;
using TransformerXL.Inference.Chat;
using TransformerXL.Inference.Sampling;
using TransformerXL.Inference.Serving;

namespace TransformerXL.Extensions.AI;

/// <summary>Turns messages and options of a chat into a request of the scheduler.</summary>
internal static class ChatRequests
{
    /// <summary>The request without its prompt.</summary>
    /// <exception cref="InputException">A value is not valid.</exception>
    /// <exception cref="NotSupportedException">The request has tools or a format other than text.</exception>
    public static GenerationRequest Read(LocalModel model, IChatClient client, ChatOptions? chat)
    {
        TransformerXLOptions standard = model.Options;
        GenerationRequest request = chat?.RawRepresentationFactory?.Invoke(client) as GenerationRequest ?? new GenerationRequest
        {
            Prompt = Prompt.Empty,
            Sampling = standard.Sampling,
            MaxTokens = standard.MaxOutputTokens,
            Timeout = standard.Timeout,
            Seed = (ulong)RandomNumberGenerator.GetInt32(int.MaxValue),
        };
        request = request with { Operation = "chat", Samples = 1, ScoresPrompt = false, Stop = [.. request.Stop ?? [], .. chat?.StopSequences ?? [], .. model.ChatTemplate.Stop], Closing = Prompt.Of(model.ChatTemplate.ReplyEnd) };
        if (chat is null)
        {
            return request;
        }

        Refuse(chat);
        SamplingOptions sampling = request.Sampling;
        return request with
        {
            Sampling = sampling with
            {
                Temperature = Exact(chat.Temperature) ?? sampling.Temperature,
                TopP = Exact(chat.TopP) ?? sampling.TopP,
                TopK = chat.TopK ?? sampling.TopK,
            },
            PresencePenalty = Exact(chat.PresencePenalty) ?? request.PresencePenalty,
            FrequencyPenalty = Exact(chat.FrequencyPenalty) ?? request.FrequencyPenalty,
            MaxTokens = chat.MaxOutputTokens ?? request.MaxTokens,
            Seed = chat.Seed is { } seed ? unchecked((ulong)seed) : request.Seed,
        };
    }

    /// <summary>The tokens of messages, after the instructions.</summary>
    /// <exception cref="InputException">There is no message, or the template lacks the role of one.</exception>
    /// <exception cref="NotSupportedException">A message holds something other than text.</exception>
    public static Prompt Encode(LocalModel model, IEnumerable<ChatMessage> messages, string? instructions, bool continues)
    {
        List<(string Role, string Content)> turns = [];
        if (!string.IsNullOrEmpty(instructions))
        {
            turns.Add((RoleOf(ChatRole.System, model.ChatTemplate), instructions));
        }

        foreach (ChatMessage message in messages)
        {
            if (message is null)
            {
                throw new InputException("one of the messages is null");
            }

            turns.Add((RoleOf(message.Role, model.ChatTemplate), TextOf(message)));
        }

        if (turns.Count == 0)
        {
            throw new InputException("there is no message, but there must be at least one");
        }

        return Prompt.Of(model.ChatTemplate.Encode(model.Folder.Vocabulary, turns, continues));
    }

    private static string RoleOf(ChatRole role, ChatTemplate template) => template.Roles.ContainsKey(role.Value)
        ? role.Value
        : throw new InputException($"the role of a message is '{role.Value}', but the chat template has {string.Join(", ", template.Roles.Keys)}");

    private static string TextOf(ChatMessage message)
    {
        StringBuilder text = new();
        foreach (AIContent content in message.Contents)
        {
            switch (content)
            {
                case TextContent part:
                    text.Append(part.Text);
                    break;
                case UsageContent:
                    break;
                default:
                    throw new NotSupportedException($"a message holds {content.GetType().Name}, but the model reads text only");
            }
        }

        return text.ToString();
    }

    private static void Refuse(ChatOptions chat)
    {
        if (chat.Tools is { Count: > 0 } && chat.ToolMode is not NoneChatToolMode)
        {
            throw new NotSupportedException("tools are not supported: the model writes text only; leave out Tools, or set ToolMode to None");
        }

        if (chat.ResponseFormat is not (null or ChatResponseFormatText))
        {
            throw new NotSupportedException($"the response format {chat.ResponseFormat.GetType().Name} is not supported: the model writes plain text only");
        }

        if (chat.MaxOutputTokens is <= 0)
        {
            throw new InputException($"MaxOutputTokens is {chat.MaxOutputTokens}, but must be at least 1");
        }
    }

    /// <summary>The number as it was written: 0.7f becomes 0.7 and not 0.699999988.</summary>
    private static double? Exact(float? value) => value is not { } number ? null : Math.Abs(number) < 1e6f ? (double)(decimal)number : number;
}
