using System.Buffers.Binary;

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
        byte[] json = record.ToJson();
        Require.That(json.Length <= MaxRecordBytes, $"the record of the session has {json.Length} bytes, but at most {MaxRecordBytes} are allowed");
        Span<byte> length = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(length, json.Length);
        stream.Write(Magic);
        stream.Write(length);
        stream.Write(json);
        stream.Write(state);
    }

    /// <summary>Reads the record; the stream then stands before the state.</summary>
    /// <exception cref="StoredSessionException">The contents are damaged.</exception>
    public static SessionRecord Read(Stream stream, string id, long version)
    {
        Span<byte> begin = stackalloc byte[Magic.Length + sizeof(int)];
        bool whole = stream.ReadAtLeast(begin, begin.Length, throwOnEndOfStream: false) == begin.Length && begin.StartsWith(Magic);
        int length = whole ? BinaryPrimitives.ReadInt32LittleEndian(begin[Magic.Length..]) : 0;
        if (length is <= 0 or > MaxRecordBytes)
        {
            throw SessionRecord.Damaged(id);
        }

        byte[] json = new byte[length];
        if (stream.ReadAtLeast(json, length, throwOnEndOfStream: false) < length)
        {
            throw SessionRecord.Damaged(id);
        }

        SessionRecord record = SessionRecord.FromJson(json, id);
        return record.Version == version ? record : throw SessionRecord.Damaged(id);
    }
}
