namespace TransformerXL.Inference.Serving;

/// <summary>What is known of a conversation.</summary>
public sealed record ConversationInfo
{
    /// <summary>32 hexadecimal digits of a cryptographic random number.</summary>
    public required string Id { get; init; }

    /// <summary>A name for people, possibly empty.</summary>
    public string Name { get; init; } = "";

    /// <summary>Tokens read, the start token included.</summary>
    public long Tokens { get; init; }

    /// <summary>Steps that its weights have taken; null if it does not learn from what it reads.</summary>
    public long? LearningSteps { get; init; }

    /// <summary>Bytes of its state in memory; 0 while it is only in the store.</summary>
    public long MemoryBytes { get; init; }

    /// <summary>When it was opened.</summary>
    public DateTimeOffset Created { get; init; }

    /// <summary>When it was last used.</summary>
    public DateTimeOffset LastUsed { get; init; }

    /// <summary>How often it was saved; 0 if never.</summary>
    public long Version { get; init; }

    /// <summary>Whether the store holds its present state.</summary>
    public bool IsSaved { get; init; }

    /// <summary>Whether a request uses it now.</summary>
    public bool IsBusy { get; init; }
}
