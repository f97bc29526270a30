using TransformerXL.Files;

namespace TransformerXL.Training.Corpora;

/// <summary>Files read as one sequence of bytes, with a newline between any two (for vocabularies of words only if the first does not end with one). Positions count bytes of that sequence.</summary>
internal sealed class TextSource
{
    private const int ChunkBytes = 1 << 18;
    private const int LongestUtf8Tail = 3;
    private const int LongestLine = 1 << 20;
    private static readonly byte[] s_separator = [(byte)'\n'];
    private readonly long[] _starts;

    public TextSource(string name, IReadOnlyList<SourcePart> parts, bool hasLines = false)
    {
        Name = name;
        Parts = parts;
        _starts = new long[parts.Count];
        long position = 0;
        for (int i = 0; i < parts.Count; i++)
        {
            _starts[i] = position;
            position += parts[i].Length;
            Length = position;
            position += hasLines && parts[i].EndsLine ? 0 : 1;
        }
    }

    public string Name { get; }

    public IReadOnlyList<SourcePart> Parts { get; }

    public long Length { get; }

    /// <summary>The file that holds a position, and the offset in it, for error messages.</summary>
    public (SourcePart Part, long Offset) Locate(long position)
    {
        int i = PartAt(position);
        return (Parts[i], Parts[i].Skip + position - _starts[i]);
    }

    /// <summary>The position itself, or the next one between two UTF-8 sequences.</summary>
    public long AlignToCharacter(long position)
    {
        int skipped = 0;
        foreach (ReadOnlyMemory<byte> chunk in ReadChunks(position, Math.Min(Length, position + LongestUtf8Tail)))
        {
            foreach (byte value in chunk.Span)
            {
                if ((value & 0xC0) != 0x80)
                {
                    return position + skipped;
                }
                skipped++;
            }
        }
        return position + skipped;
    }

    /// <summary>The position itself if a line begins there, or the beginning of the next line; if that is far away, of the next word.</summary>
    public long AlignToLine(long position)
    {
        if (position <= 0 || position >= Length)
        {
            return Math.Clamp(position, 0, Length);
        }

        long blank = -1, at = position - 1;
        foreach (ReadOnlyMemory<byte> chunk in ReadChunks(at, Math.Min(Length, position + LongestLine)))
        {
            if (chunk.Span.IndexOf((byte)'\n') is >= 0 and var newline)
            {
                return at + newline + 1;
            }
            if (blank < 0 && chunk.Span.IndexOfAny((byte)' ', (byte)'\t') is >= 0 and var found)
            {
                blank = at + found;
            }
            at += chunk.Length;
        }
        return blank >= 0 ? blank + 1 : AlignToCharacter(position);
    }

    /// <summary>The bytes from <paramref name="start"/> (inclusive) to <paramref name="end"/> (exclusive); a chunk is valid until the next one.</summary>
    /// <exception cref="InputException">A file cannot be read or became shorter.</exception>
    public IEnumerable<ReadOnlyMemory<byte>> ReadChunks(long start, long end)
    {
        byte[] buffer = new byte[(int)Math.Clamp(end - start, 1, ChunkBytes)];
        for (int i = start < end ? PartAt(start) : Parts.Count; i < Parts.Count && _starts[i] < end; i++)
        {
            SourcePart part = Parts[i];
            long from = Math.Max(0, start - _starts[i]);
            long to = Math.Min(part.Length, end - _starts[i]);
            if (from < to)
            {
                using Stream stream = OpenAt(part, from);
                while (from < to)
                {
                    int count = ReadSome(part, stream, buffer.AsSpan(0, (int)Math.Min(buffer.Length, to - from)));
                    yield return buffer.AsMemory(0, count);
                    from += count;
                }
            }
            if (i + 1 < Parts.Count && _starts[i + 1] > _starts[i] + part.Length && end > _starts[i] + part.Length)
            {
                yield return s_separator;
            }
        }
    }

    private int PartAt(long position)
    {
        int found = Array.BinarySearch(_starts, position);
        return found >= 0 ? found : ~found - 1;
    }

    private static Stream OpenAt(SourcePart part, long offset)
    {
        try
        {
            Stream stream = part.Open();
            stream.Position = part.Skip + offset;
            return stream;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Unreadable(part, exception);
        }
    }

    private static int ReadSome(SourcePart part, Stream stream, Span<byte> buffer)
    {
        try
        {
            int count = stream.Read(buffer);
            return count > 0 ? count : throw new InputException($"'{part.Name}' became shorter while it was read");
        }
        catch (IOException exception)
        {
            throw Unreadable(part, exception);
        }
    }

    private static InputException Unreadable(SourcePart part, Exception exception) =>
        new($"'{part.Name}' cannot be read: {FileFault.Reason(exception)}", exception);
}
