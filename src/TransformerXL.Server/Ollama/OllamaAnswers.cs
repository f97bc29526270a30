using System.Text.Json.Serialization;

namespace TransformerXL.Server.Ollama;

/// <summary>An error as Ollama's clients read it.</summary>
internal sealed record OllamaError(string Error);

/// <summary>The answer of <c>/api/version</c>.</summary>
internal sealed record OllamaVersion(string Version);

/// <summary>The answer of <c>/api/tags</c>.</summary>
internal sealed record OllamaModels(IReadOnlyList<OllamaModel> Models);

/// <summary>A model.</summary>
internal sealed record OllamaModel(string Name, string Model, string ModifiedAt, long Size, string Digest, OllamaDetails Details);

/// <summary>What a model is.</summary>
internal sealed record OllamaDetails(string Format, string Family, string ParameterSize, string QuantizationLevel);

/// <summary>The answer of <c>/api/generate</c>, and each of its lines.</summary>
internal sealed record OllamaGeneration
{
    public required string Model { get; init; }

    public required string CreatedAt { get; init; }

    public required string Response { get; init; }

    public required bool Done { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? DoneReason { get; init; }

    /// <inheritdoc cref="OllamaChat.PromptEvalCount"/>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? PromptEvalCount { get; init; }

    /// <inheritdoc cref="OllamaChat.EvalCount"/>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? EvalCount { get; init; }

    /// <inheritdoc cref="OllamaChat.TotalDuration"/>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? TotalDuration { get; init; }
}

/// <summary>The answer of <c>/api/chat</c>, and each of its lines.</summary>
internal sealed record OllamaChat
{
    public required string Model { get; init; }

    public required string CreatedAt { get; init; }

    public required OllamaMessage Message { get; init; }

    public required bool Done { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? DoneReason { get; init; }

    /// <summary>Tokens of the prompt; in the last line.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? PromptEvalCount { get; init; }

    /// <summary>Tokens written; in the last line.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? EvalCount { get; init; }

    /// <summary>Nanoseconds; in the last line.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? TotalDuration { get; init; }
}

/// <summary>What somebody says.</summary>
internal sealed record OllamaMessage(string Role, string Content);

/// <summary>The answer of <c>/api/embed</c>.</summary>
internal sealed record OllamaEmbeddings(string Model, IReadOnlyList<float[]> Embeddings, long TotalDuration, long PromptEvalCount);
