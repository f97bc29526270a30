using TransformerXL.Inference.Serving;
using TransformerXL.Server.Chat;
using TransformerXL.Server.Http;
using TransformerXL.Server.Serving;

namespace TransformerXL.Server.OpenAi;

/// <summary>What <c>/v1/chat/completions</c> is asked.</summary>
internal sealed record ChatRequest
{
    private const int MaxTop = 20;

    /// <summary>The prompt that the messages make.</summary>
    public required int[] Prompt { get; init; }

    /// <summary>How the reply is written; without a prompt.</summary>
    public required GenerationRequest Generation { get; init; }

    public required StreamFields Stream { get; init; }

    public static ChatRequest Read(JsonFields fields, ServedModel model, ServerOptions options, bool continues)
    {
        Refuse(fields);
        ServerLimits limits = options.Limits;
        ChatMessages messages = ChatMessages.Read(fields, options.ChatTemplate);
        bool logprobs = fields.Flag("logprobs") ?? false;
        int? top = (int?)fields.Whole("top_logprobs", 0, MaxTop);
        if (top is not null && !logprobs)
        {
            throw ApiException.Invalid("top_logprobs", "top_logprobs is only allowed with logprobs");
        }

        long? max = fields.Whole("max_completion_tokens", 1, limits.Tokens), old = fields.Whole("max_tokens", 1, limits.Tokens);
        GenerationRequest generation = GenerationFields.Read(fields, model, limits, max ?? old ?? Math.Min(limits.ChatTokens, limits.Tokens));
        ChatRequest request = new()
        {
            Prompt = messages.Encode(model, options.ChatTemplate, continues),
            Generation = generation with
            {
                TopLogProbabilities = logprobs ? top ?? 0 : null,
                Stop = [.. generation.Stop, .. options.ChatTemplate.Stop],
                Closing = Inference.Serving.Prompt.Of(options.ChatTemplate.ReplyEnd),
                Operation = "chat",
            },
            Stream = StreamFields.Read(fields),
        };
        GenerationFields.CheckLength("messages", request.Prompt.Length, false, limits);
        return request;
    }

    private static void Refuse(JsonFields fields)
    {
        foreach (string name in (string[])["tools", "functions"])
        {
            if (fields.Any(name) is { } tools && JsonFields.ItemsOf(tools, name, int.MaxValue).Count > 0)
            {
                throw ApiException.Unsupported(name, "tools are not supported: the model writes text only");
            }
        }

        if (fields.Part("response_format") is { } format && format.RequiredText("type") is not "text")
        {
            throw ApiException.Unsupported("response_format.type", "response_format.type may only be text");
        }
    }
}
