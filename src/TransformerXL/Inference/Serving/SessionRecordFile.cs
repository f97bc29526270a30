using System.Buffers.Binary;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace TransformerXL.Inference.Serving;

/// <summary>
/// A stored session as a file: the eight bytes <c>TXLSESS1</c>, the length of the record (4 bytes, little-endian), the record as JSON in UTF-8, and the state as
/// <see cref="InferenceSession.Save(Stream)"/> wrote it.
/// </summary>
internal static class SessionRecordFile
{
    /// <summary>More bytes no record has: ids are short, names and owners are bounded.</summary>
    private const int MaxRecordBytes = 1 << 16;

    private static ReadOnlySpan<byte> Magic => "TXLSESS1"u8;

    public static void Write(Stream stream, SessionRecord record, ReadOnlySpan<byte> state)
    {
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(record, SessionRecordJson.Default.SessionRecord);
        Require.That(json.Length <= MaxRecordBytes, $"the record of the session has {json.Length} bytes, but at most {MaxRecordBytes} are allowed");
        Span<byte> length = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(length, json.Length);
        stream.Write(Magic);
        stream.Write(length);
        stream.Write(json);
        stream.Write(state);
    }

    /// <summary>Reads the record; the stream then stands before the state.</summary>
    /// <exception cref="IOException">The contents are damaged.</exception>
    public static SessionRecord Read(Stream stream, string id, long version)
    {
        Span<byte> begin = stackalloc byte[Magic.Length + sizeof(int)];
        bool whole = stream.ReadAtLeast(begin, begin.Length, throwOnEndOfStream: false) == begin.Length && begin.StartsWith(Magic);
        int length = whole ? BinaryPrimitives.ReadInt32LittleEndian(begin[Magic.Length..]) : 0;
        if (length is <= 0 or > MaxRecordBytes)
        {
            throw Damaged(id, null);
        }

        byte[] json = new byte[length];
        if (stream.ReadAtLeast(json, length, throwOnEndOfStream: false) < length)
        {
            throw Damaged(id, null);
        }

        try
        {
            SessionRecord? record = JsonSerializer.Deserialize(json, SessionRecordJson.Default.SessionRecord);
            return record is { Owner: not null, Name: not null, Tokens: >= 0, LearningSteps: null or >= 0 } && record.Id == id && record.Version == version ? record : throw Damaged(id, null);
        }
        catch (JsonException fault)
        {
            throw Damaged(id, fault);
        }
    }

    private static IOException Damaged(string id, Exception? cause) => new($"the stored session {id} is damaged", cause);
}

/// <summary>Reads and writes records without reflection.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(SessionRecord))]
internal sealed partial class SessionRecordJson : JsonSerializerContext;
