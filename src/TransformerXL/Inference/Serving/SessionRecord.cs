using System.Text.Json;
using System.Text.Json.Serialization;

namespace TransformerXL.Inference.Serving;

/// <summary>What a store keeps beside the state of a session.</summary>
/// <param name="Id">32 hexadecimal digits.</param>
/// <param name="Owner">To whom it belongs.</param>
/// <param name="Name">A name for people, possibly empty.</param>
/// <param name="Version">How often it was saved, from 1.</param>
/// <param name="Tokens">Tokens read.</param>
/// <param name="Created">When it was opened.</param>
/// <param name="LastUsed">When it was last used.</param>
public sealed record SessionRecord(string Id, string Owner, string Name, long Version, long Tokens, DateTimeOffset Created, DateTimeOffset LastUsed)
{
    /// <summary>Steps that its weights have taken; null if it does not learn from what it reads.</summary>
    public long? LearningSteps { get; init; }

    /// <summary>The SHA-256 of its state, in hexadecimal digits; null if a version without it has saved the session.</summary>
    public string? StateSha256 { get; init; }

    /// <summary>The record as JSON in UTF-8.</summary>
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, SessionRecordJson.Default.SessionRecord);

    /// <summary>Reads what <see cref="ToJson"/> wrote.</summary>
    /// <param name="json">The JSON.</param>
    /// <param name="id">The session that it should be of.</param>
    /// <exception cref="StoredSessionException">It is damaged, or of another session.</exception>
    public static SessionRecord FromJson(ReadOnlySpan<byte> json, string id)
    {
        try
        {
            SessionRecord? record = JsonSerializer.Deserialize(json, SessionRecordJson.Default.SessionRecord);
            return record is { Owner: not null, Name: not null, Version: > 0, Tokens: >= 0, LearningSteps: null or >= 0 } && record.Id == id ? record : throw Damaged(id);
        }
        catch (JsonException fault)
        {
            throw Damaged(id, fault);
        }
    }

    internal static StoredSessionException Damaged(string id, Exception? cause = null) => new($"the stored session {id} is damaged", cause);
}

/// <summary>Reads and writes records without reflection.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(SessionRecord))]
internal sealed partial class SessionRecordJson : JsonSerializerContext;
