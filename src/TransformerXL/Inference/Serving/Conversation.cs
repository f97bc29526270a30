using System.Security.Cryptography;

namespace TransformerXL.Inference.Serving;

/// <summary>A conversation that this process knows. But for the lock its members belong to whoever holds the lock.</summary>
internal sealed class Conversation(string id, string owner)
{
    private const int IdBytes = 16;

    /// <summary>A new id: 128 random bits.</summary>
    public static string NewId() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(IdBytes));

    /// <summary>Whether a text could be an id, so that it may become part of a file's name.</summary>
    public static bool IsId(string? text) => text?.Length == 2 * IdBytes && text.All(char.IsAsciiHexDigitLower);

    public ArrivalLock Lock { get; } = new();

    public string Id => id;

    public string Owner => owner;

    public string Name { get; set; } = "";

    public DateTimeOffset Created { get; set; }

    public DateTimeOffset LastUsed { get; set; }

    public long Tokens { get; set; }

    public long Version { get; set; }

    /// <summary>Steps that its weights have taken; null if it does not learn from what it reads.</summary>
    public long? LearningSteps { get; set; }

    /// <summary>Whether the store holds this state.</summary>
    public bool IsSaved { get; set; }

    /// <summary>Whether it was deleted, or left memory: who has waited for it looks for it anew.</summary>
    public bool IsGone { get; set; }

    /// <summary>Its state; null while it is only in the store.</summary>
    public InferenceSession? Session { get; set; }

    public static Conversation Of(SessionRecord record)
    {
        Conversation conversation = new(record.Id, record.Owner);
        conversation.Take(record);
        return conversation;
    }

    /// <summary>It is now as the store has it.</summary>
    public void Take(SessionRecord record)
    {
        (Name, Created, LastUsed) = (record.Name, record.Created, record.LastUsed);
        (Tokens, LearningSteps, Version, IsSaved) = (record.Tokens, record.LearningSteps, record.Version, true);
    }

    /// <summary>What is stored with its next version.</summary>
    public SessionRecord NextRecord() => new(Id, Owner, Name, Version + 1, Tokens, Created, LastUsed) { LearningSteps = LearningSteps };

    public ConversationInfo Describe() => new()
    {
        Id = Id,
        Name = Name,
        Tokens = Tokens,
        LearningSteps = LearningSteps,
        MemoryBytes = Session?.MemoryBytes ?? 0,
        Created = Created,
        LastUsed = LastUsed,
        Version = Version,
        IsSaved = IsSaved,
        IsBusy = Lock.IsHeld,
    };
}
