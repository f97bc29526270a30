using System.Buffers.Binary;
using TransformerXL.Files;

namespace TransformerXL.Text;

/// <summary>Streams token ids to a file; <see cref="Complete"/> writes the header at its beginning.</summary>
internal sealed class TokenFileWriter
{
    private readonly int _vocabularySize;
    private readonly Stream _stream;
    private long _count;
    private Crc32C _checksum;

    public TokenFileWriter(Stream stream, int vocabularySize)
    {
        _vocabularySize = vocabularySize;
        _stream = stream;
        _stream.Write(new byte[TokenFileHeader.Size]);
    }

    public void Append(ReadOnlySpan<int> ids)
    {
        int width = TokenFileHeader.WidthFor(_vocabularySize);
        Span<byte> bytes = stackalloc byte[1024];
        _count += ids.Length;
        while (!ids.IsEmpty)
        {
            int count = Math.Min(ids.Length, bytes.Length / width);
            Narrow(ids[..count], width, bytes);
            _stream.Write(bytes[..(count * width)]);
            _checksum.Append(bytes[..(count * width)]);
            ids = ids[count..];
        }
    }

    public void Complete(long characters, long unknown, string sourceIdentity, string vocabularyFingerprint)
    {
        byte[] header = new byte[TokenFileHeader.Size];
        new TokenFileHeader(_vocabularySize, _count, characters, unknown, sourceIdentity, vocabularyFingerprint) { ContentChecksum = _checksum.Value }.Write(header);
        _stream.Position = 0;
        _stream.Write(header);
    }

    private static void Narrow(ReadOnlySpan<int> ids, int width, Span<byte> bytes)
    {
        for (int i = 0; i < ids.Length; i++)
        {
            switch (width)
            {
                case 1:
                    bytes[i] = (byte)ids[i];
                    break;
                case 2:
                    BinaryPrimitives.WriteUInt16LittleEndian(bytes[(2 * i)..], (ushort)ids[i]);
                    break;
                default:
                    BinaryPrimitives.WriteInt32LittleEndian(bytes[(4 * i)..], ids[i]);
                    break;
            }
        }
    }
}
