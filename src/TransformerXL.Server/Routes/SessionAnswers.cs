using System.Text.Json.Serialization;
using TransformerXL.Inference.Serving;
using TransformerXL.Server.Serving;

namespace TransformerXL.Server.Routes;

/// <summary>A session, as the routes under <c>/v1/sessions</c> answer.</summary>
internal sealed record SessionItem
{
    public required string Id { get; init; }

    public string Object { get; } = "session";

    public required string Model { get; init; }

    public required string Name { get; init; }

    public required long Created { get; init; }

    public required long LastUsed { get; init; }

    /// <summary>Tokens read and written since the beginning, the start token included.</summary>
    public required long Tokens { get; init; }

    /// <summary>Tokens of them that are remembered one by one; 0 of a recurrent network, which keeps one state.</summary>
    public required long Remembered { get; init; }

    /// <summary>Steps that its weights have taken; absent if it does not learn from what it reads.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public required long? LearningSteps { get; init; }

    /// <summary>Bytes in memory; 0 while it is only in the store.</summary>
    public required long MemoryBytes { get; init; }

    /// <summary>How often it was saved.</summary>
    public required long Version { get; init; }

    /// <summary>Whether the store holds its present state.</summary>
    public required bool Saved { get; init; }

    /// <summary>Whether a request uses it now.</summary>
    public required bool Busy { get; init; }

    public static SessionItem Of(ServedModel model, ConversationInfo info) => new()
    {
        Id = info.Id,
        Model = model.Name,
        Name = info.Name,
        Created = info.Created.ToUnixTimeSeconds(),
        LastUsed = info.LastUsed.ToUnixTimeSeconds(),
        Tokens = info.Tokens,
        Remembered = Math.Min(info.Tokens, model.MemoryLength),
        LearningSteps = info.LearningSteps,
        MemoryBytes = info.MemoryBytes,
        Version = info.Version,
        Saved = info.IsSaved,
        Busy = info.IsBusy,
    };
}

/// <summary>The sessions of a key, the last used first.</summary>
internal sealed record SessionList(IReadOnlyList<SessionItem> Data)
{
    public string Object { get; } = "list";
}

/// <summary>A session that is gone.</summary>
internal sealed record SessionDeleted(string Id, bool Deleted)
{
    public string Object { get; } = "session.deleted";
}

/// <summary>What a session has read.</summary>
internal sealed record SessionRead(SessionItem Session, OpenAi.Usage Usage);

/// <summary>The most probable next tokens of a session.</summary>
internal sealed record NextTokens(string SessionId, IReadOnlyList<NextToken> Data)
{
    public string Object { get; } = "list";
}

/// <summary>A token that could come next.</summary>
/// <param name="Id">The token.</param>
/// <param name="Token">Its text.</param>
/// <param name="Logprob">The natural logarithm of its probability.</param>
/// <param name="Bytes">Its bytes.</param>
internal sealed record NextToken(int Id, string Token, double Logprob, IReadOnlyList<int> Bytes);
