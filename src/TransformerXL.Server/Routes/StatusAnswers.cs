namespace TransformerXL.Server.Routes;

/// <summary>The answer of <c>/health</c>.</summary>
internal sealed record HealthStatus(string Status);

/// <summary>The answer of <c>/props</c>.</summary>
/// <param name="Version">The program's.</param>
/// <param name="Models">What is served.</param>
/// <param name="Limits">What clients may ask for at most.</param>
/// <param name="ChatTemplate">A user's message and what comes before the reply, as the chat template writes them.</param>
/// <param name="Strict">Whether unknown fields are refused.</param>
internal sealed record ServerProperties(string Version, IReadOnlyList<ModelProperties> Models, LimitProperties Limits, string ChatTemplate, bool Strict);

/// <summary>What a model is.</summary>
internal sealed record ModelProperties
{
    public required string Name { get; init; }

    public required string Kind { get; init; }

    public required long Parameters { get; init; }

    public required int Layers { get; init; }

    public required int ModelSize { get; init; }

    public required int Heads { get; init; }

    public required string Vocabulary { get; init; }

    public required int VocabularySize { get; init; }

    /// <summary>Whether it continues texts.</summary>
    public required bool WritesText { get; init; }

    /// <summary>Tokens that are remembered one by one; 0 for models without such a memory: recurrent networks and encoders.</summary>
    public required int MemoryLength { get; init; }

    /// <summary>Always false.</summary>
    public bool ContextOverflows { get; }

    /// <summary>What the model knows of a long text, in words.</summary>
    public required string Context { get; init; }

    /// <summary>Bytes of what a session remembers, however much it has read.</summary>
    public required long SessionBytes { get; init; }

    /// <summary>Whether sessions may learn from what they read.</summary>
    public required bool Adapts { get; init; }

    public required string Precision { get; init; }

    public required string? Checkpoint { get; init; }

    public required long? Step { get; init; }

    public required string EmbeddingPooling { get; init; }
}

/// <summary>What clients may ask for at most.</summary>
internal sealed record LimitProperties(
    long BodyBytes, int HeaderBytes, int PromptTokens, int ScoredTokens, int Tokens, int Streams, int Queue, int Prompts, int EmbeddedTexts, int Sessions, long RequestSeconds, long SessionMemoryBytes);
