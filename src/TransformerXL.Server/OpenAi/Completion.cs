using System.Text.Json;
using System.Text.Json.Serialization;

namespace TransformerXL.Server.OpenAi;

/// <summary>The answer of <c>/v1/completions</c>, and each of its events.</summary>
internal sealed record Completion
{
    public required string Id { get; init; }

    public string Object { get; } = "text_completion";

    public required long Created { get; init; }

    public required string Model { get; init; }

    public required IReadOnlyList<CompletionChoice> Choices { get; init; }

    /// <summary>An object, or null in an event before the last where usage is wanted; absent otherwise.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public JsonElement? Usage { get; init; }

    /// <summary>The session that has read and written this; absent if there is none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? SessionId { get; init; }
}

/// <summary>A continuation of a prompt, or a piece of it.</summary>
internal sealed record CompletionChoice
{
    public required string Text { get; init; }

    public required int Index { get; init; }

    public CompletionLogprobs? Logprobs { get; init; }

    /// <summary><c>stop</c> or <c>length</c>; null in an event before the last.</summary>
    public string? FinishReason { get; init; }
}

/// <summary>The tokens of a text with their natural log-probabilities; lists of equal length.</summary>
internal sealed record CompletionLogprobs
{
    public List<string> Tokens { get; } = [];

    /// <summary>The first is null with <c>echo</c>.</summary>
    public List<double?> TokenLogprobs { get; } = [];

    /// <summary>The most probable tokens at each place, and the token itself; the first is null with <c>echo</c>.</summary>
    public List<IReadOnlyDictionary<string, double>?> TopLogprobs { get; } = [];

    /// <summary>Where each token begins in the text, in code points.</summary>
    public List<long> TextOffset { get; } = [];
}
