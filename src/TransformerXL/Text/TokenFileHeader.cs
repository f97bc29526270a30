using System.Buffers.Binary;
using System.Security.Cryptography;
using TransformerXL.Files;

namespace TransformerXL.Text;

/// <summary>
/// The first 128 bytes of a token file, little-endian: magic (8 bytes), version, bytes per id (1, 2 or 4), ids in the vocabulary,
/// CRC-32C of the ids as they are stored or 0 for none (4 bytes each), number of ids, characters, unknown ids (8 bytes each), identity of the source and of the vocabulary
/// (SHA-256, 32 bytes each), and the first 16 bytes of the SHA-256 of all that.
/// </summary>
internal sealed record TokenFileHeader(int VocabularySize, long Count, long Characters, long Unknown, string SourceIdentity, string VocabularyFingerprint)
{
    public const int Size = 128;
    public const int IdentityBytes = 32;

    private const int Version = 1;
    private const int ChecksumStart = 112;
    private const int ChecksumBytes = 16;

    public static ReadOnlySpan<byte> Magic => "TXLTOKEN"u8;

    /// <summary>CRC-32C of the stored ids; 0 if the file does not name it.</summary>
    public uint ContentChecksum { get; init; }

    /// <summary>Bytes per id.</summary>
    public int Width => WidthFor(VocabularySize);

    public static int WidthFor(int vocabularySize) => vocabularySize <= 1 << 8 ? 1 : vocabularySize <= 1 << 16 ? 2 : 4;

    public void Write(Span<byte> header)
    {
        header.Clear();
        Magic.CopyTo(header);
        BinaryPrimitives.WriteInt32LittleEndian(header[8..], Version);
        BinaryPrimitives.WriteInt32LittleEndian(header[12..], Width);
        BinaryPrimitives.WriteInt32LittleEndian(header[16..], VocabularySize);
        BinaryPrimitives.WriteUInt32LittleEndian(header[20..], ContentChecksum);
        BinaryPrimitives.WriteInt64LittleEndian(header[24..], Count);
        BinaryPrimitives.WriteInt64LittleEndian(header[32..], Characters);
        BinaryPrimitives.WriteInt64LittleEndian(header[40..], Unknown);
        Convert.FromHexString(SourceIdentity).CopyTo(header[48..]);
        Convert.FromHexString(VocabularyFingerprint).CopyTo(header[80..]);
        Checksum(header).CopyTo(header[ChecksumStart..]);
    }

    /// <summary>Reads a header and checks every value against the others and against the length of the file.</summary>
    /// <exception cref="InputException">The header is damaged or does not match the file; the message does not name the file.</exception>
    public static TokenFileHeader Read(ReadOnlySpan<byte> header, long fileLength)
    {
        if (!header[..Magic.Length].SequenceEqual(Magic))
        {
            throw new InputException("it does not begin with the header of a token file");
        }
        int version = BinaryPrimitives.ReadInt32LittleEndian(header[8..]);
        if (version != Version)
        {
            throw new InputException($"it has version {version}; only version {Version} is known");
        }
        if (!Checksum(header).AsSpan().SequenceEqual(header[ChecksumStart..Size]))
        {
            throw new InputException("the checksum of its header is wrong");
        }
        var result = new TokenFileHeader(
            BinaryPrimitives.ReadInt32LittleEndian(header[16..]),
            BinaryPrimitives.ReadInt64LittleEndian(header[24..]),
            BinaryPrimitives.ReadInt64LittleEndian(header[32..]),
            BinaryPrimitives.ReadInt64LittleEndian(header[40..]),
            Convert.ToHexStringLower(header.Slice(48, IdentityBytes)),
            Convert.ToHexStringLower(header.Slice(80, IdentityBytes)))
        {
            ContentChecksum = BinaryPrimitives.ReadUInt32LittleEndian(header[20..]),
        };
        result.Check(BinaryPrimitives.ReadInt32LittleEndian(header[12..]), fileLength);
        return result;
    }

    private void Check(int width, long fileLength)
    {
        if (VocabularySize < 1 || width != Width)
        {
            throw new InputException($"{Counted.Of(width, "byte")} per id {(width == 1 ? "does" : "do")} not fit a vocabulary of {VocabularySize}");
        }
        long content = fileLength - Size;
        if (Count < 0 || content % width != 0 || content / width != Count)
        {
            throw new InputException($"it should hold {Counted.Of(Count, "id")} of {Counted.Of(width, "byte")} but has {Counted.Of(content, "byte")} after its header");
        }
        if (Characters < 0 || Unknown < 0 || Unknown > Count)
        {
            throw new InputException($"{Characters} characters and {Unknown} unknown of {Count} ids are not possible");
        }
    }

    private static byte[] Checksum(ReadOnlySpan<byte> header) => SHA256.HashData(header[..ChecksumStart])[..ChecksumBytes];
}
