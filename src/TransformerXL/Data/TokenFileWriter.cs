using System.Buffers.Binary;

namespace TransformerXL.Data;

/// <summary>Streams token ids to a temporary file beside the target; <see cref="Commit"/> completes the header, flushes to disk and renames. Without it nothing remains.</summary>
internal sealed class TokenFileWriter : IDisposable
{
    private const int BufferBytes = 1 << 16;
    private readonly string _path;
    private readonly string _temporary;
    private readonly int _vocabularySize;
    private readonly FileStream _stream;
    private long _count;
    private bool _done;

    public TokenFileWriter(string path, int vocabularySize)
    {
        _path = path;
        // In the same folder, because a rename must not cross file systems.
        _temporary = $"{path}.{Guid.NewGuid():N}.tmp";
        _vocabularySize = vocabularySize;
        _stream = new FileStream(_temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, BufferBytes);
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
            ids = ids[count..];
        }
    }

    public void Commit(long characters, long unknown, string sourceIdentity, string vocabularyFingerprint)
    {
        byte[] header = new byte[TokenFileHeader.Size];
        new TokenFileHeader(_vocabularySize, _count, characters, unknown, sourceIdentity, vocabularyFingerprint).Write(header);
        _stream.Position = 0;
        _stream.Write(header);
        _stream.Flush(flushToDisk: true);
        _stream.Dispose();
        File.Move(_temporary, _path, overwrite: true);
        _done = true;
    }

    public void Dispose()
    {
        _stream.Dispose();
        if (!_done)
        {
            File.Delete(_temporary);
        }
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
