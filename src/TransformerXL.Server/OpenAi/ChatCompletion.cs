using System.Text.Json;
using System.Text.Json.Serialization;

namespace TransformerXL.Server.OpenAi;

/// <summary>The answer of <c>/v1/chat/completions</c>.</summary>
internal sealed record ChatCompletion
{
    public required string Id { get; init; }

    public string Object { get; } = "chat.completion";

    public required long Created { get; init; }

    public required string Model { get; init; }

    public required IReadOnlyList<ChatChoice> Choices { get; init; }

    public required Usage Usage { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? SessionId { get; init; }
}

/// <summary>A reply.</summary>
internal sealed record ChatChoice(int Index, ChatReply Message, ChatLogprobs? Logprobs, string? FinishReason);

/// <summary>What the model says.</summary>
internal sealed record ChatReply(string Content)
{
    public string Role { get; } = "assistant";

    public string? Refusal { get; }
}

/// <summary>An event of a streamed reply.</summary>
internal sealed record ChatChunk
{
    public required string Id { get; init; }

    public string Object { get; } = "chat.completion.chunk";

    public required long Created { get; init; }

    public required string Model { get; init; }

    public required IReadOnlyList<ChatChunkChoice> Choices { get; init; }

    /// <inheritdoc cref="Completion.Usage"/>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public JsonElement? Usage { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? SessionId { get; init; }
}

/// <summary>A piece of a reply.</summary>
internal sealed record ChatChunkChoice(int Index, ChatDelta Delta, ChatLogprobs? Logprobs, string? FinishReason);

/// <summary>What is new: the role in the first event, then text.</summary>
internal sealed record ChatDelta
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Role { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Content { get; init; }
}

/// <summary>The tokens of a reply.</summary>
internal sealed record ChatLogprobs(IReadOnlyList<ChatToken> Content)
{
    public string? Refusal { get; }
}

/// <summary>A token of a reply.</summary>
/// <param name="Token">Its text; <c>bytes:\xNN</c> where it is no whole characters.</param>
/// <param name="Logprob">The natural logarithm of its probability.</param>
/// <param name="Bytes">Its UTF-8 bytes.</param>
/// <param name="TopLogprobs">The most probable tokens at its place.</param>
internal sealed record ChatToken(string Token, double Logprob, IReadOnlyList<int> Bytes, IReadOnlyList<ChatTopToken> TopLogprobs);

/// <summary>A token that was probable.</summary>
internal sealed record ChatTopToken(string Token, double Logprob, IReadOnlyList<int> Bytes);
