using System.Buffers.Binary;
using TransformerXL.Files;

namespace TransformerXL.Text;

/// <summary>
/// A long sequence of token ids, read from a file on demand (so that it may be larger than RAM) or held in memory.
/// If the file is truncated while it is open, reading throws; a memory-mapped file would crash the process.
/// Reading is thread-safe and allocates nothing. Disposing is optional: a file that is no longer referenced is closed by its finalizer.
/// </summary>
public sealed class TokenFile : IDisposable
{
    private const int ChunkBytes = 4096;
    private readonly Lock _checking = new();
    private readonly TokenFileHeader _header;
    private readonly ByteSource? _source;
    private readonly int[]? _ids;
    private volatile bool _isChecked;

    private TokenFile(string name, string? path, TokenFileHeader header, ByteSource? source, int[]? ids)
    {
        Name = name;
        Path = path;
        _header = header;
        _source = source;
        _ids = ids;
    }

    /// <summary>The name of the sequence in error messages, such as <c>train</c>.</summary>
    public string Name { get; internal set; }

    /// <summary>The name as a part of a sentence: <c>the training text</c>, or the quoted name of a file.</summary>
    internal string Title => Name switch
    {
        "train" => "the training text",
        "validation" => "the validation text",
        "test" => "the test text",
        _ => $"'{Name}'",
    };

    /// <summary>The file, or null in memory.</summary>
    public string? Path { get; }

    /// <summary>Number of token ids.</summary>
    public long Count => _header.Count;

    /// <summary>Unicode code points that the ids cover; the divisor of bits per character.</summary>
    public long Characters => _header.Characters;

    /// <summary>Number of unknown tokens among the ids.</summary>
    public long Unknown => _header.Unknown;

    /// <summary>Ids are in <c>0 .. VocabularySize-1</c>; <see cref="Read"/> checks it.</summary>
    public int VocabularySize => _header.VocabularySize;

    /// <summary>SHA-256 (hexadecimal) over options, paths, sizes and modification times of the files that the ids were made from.</summary>
    public string SourceIdentity => _header.SourceIdentity;

    /// <summary>The <see cref="Vocabulary.Fingerprint"/> of the vocabulary that made the ids.</summary>
    public string VocabularyFingerprint => _header.VocabularyFingerprint;

    /// <summary>Opens a token file. All values of its header are checked against the length of the file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="name">Its name in error messages; null for the path.</param>
    /// <exception cref="InputException">The file is missing, is not a token file, or is damaged.</exception>
    public static TokenFile Open(string path, string? name = null)
    {
        FileByteSource? source = null;
        try
        {
            source = new FileByteSource(path);
            if (source.Length < TokenFileHeader.Size)
            {
                throw new InputException($"it has {Counted.Of(source.Length, "byte")}, fewer than the {TokenFileHeader.Size} of a header");
            }
            Span<byte> bytes = stackalloc byte[TokenFileHeader.Size];
            source.Read(0, bytes);
            TokenFileHeader header = TokenFileHeader.Read(bytes, source.Length);
            return new TokenFile(name ?? path, path, header, source, ids: null);
        }
        catch (Exception exception) when (exception is InputException or IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            source?.Dispose();
            throw new InputException($"token file '{path}' cannot be used: {exception.Message}", exception);
        }
    }

    /// <summary>A sequence held in memory, for tests and small texts.</summary>
    /// <param name="ids">The token ids.</param>
    /// <param name="vocabularySize">Ids are below this.</param>
    /// <param name="characters">Unicode code points that the ids cover; null if every id is one.</param>
    /// <param name="name">The name of the sequence in error messages.</param>
    /// <exception cref="InputException">An id is not in <c>0 .. vocabularySize-1</c>.</exception>
    public static TokenFile FromIds(ReadOnlySpan<int> ids, int vocabularySize, long? characters = null, string name = "tokens")
    {
        string none = new('0', 2 * TokenFileHeader.IdentityBytes);
        return FromHeader(ids, new TokenFileHeader(vocabularySize, ids.Length, characters ?? ids.Length, 0, none, none), name);
    }

    /// <summary>Copies the ids <c>start .. start + destination.Length - 1</c>. The first call of a file compares all ids with the checksum in its header.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The range is not within <c>0 .. Count</c>.</exception>
    /// <exception cref="InputException">The file is damaged (an id is not of the vocabulary), or was truncated after it was opened.</exception>
    /// <exception cref="IOException">The disk failed.</exception>
    /// <exception cref="ObjectDisposedException">The file was disposed.</exception>
    public void Read(long start, Span<int> destination)
    {
        if (start < 0 || start > Count - destination.Length)
        {
            ThrowRange(start, destination.Length);
        }
        if (_ids is not null)
        {
            _ids.AsSpan((int)start, destination.Length).CopyTo(destination);
            return;
        }
        if (!_isChecked)
        {
            CheckContent();
        }
        Span<byte> bytes = stackalloc byte[ChunkBytes];
        int width = _header.Width;
        while (!destination.IsEmpty)
        {
            int count = Math.Min(destination.Length, ChunkBytes / width);
            _source!.Read(TokenFileHeader.Size + (start * width), bytes[..(count * width)]);
            Widen(bytes, width, destination[..count]);
            CheckIds(destination[..count], start);
            destination = destination[count..];
            start += count;
        }
    }

    /// <summary>Closes the file. Reading afterwards fails.</summary>
    public void Dispose() => _source?.Dispose();

    internal static TokenFile FromHeader(ReadOnlySpan<int> ids, TokenFileHeader header, string name)
    {
        var file = new TokenFile(name, path: null, header, source: null, ids.ToArray());
        file.CheckIds(ids, 0);
        return file;
    }

    private static void Widen(ReadOnlySpan<byte> bytes, int width, Span<int> ids)
    {
        for (int i = 0; i < ids.Length; i++)
        {
            ids[i] = width switch
            {
                1 => bytes[i],
                2 => BinaryPrimitives.ReadUInt16LittleEndian(bytes[(2 * i)..]),
                _ => BinaryPrimitives.ReadInt32LittleEndian(bytes[(4 * i)..]),
            };
        }
    }

    // A wrong id would index outside the embedding.
    private void CheckIds(ReadOnlySpan<int> ids, long start)
    {
        for (int i = 0; i < ids.Length; i++)
        {
            if ((uint)ids[i] >= (uint)VocabularySize)
            {
                throw Damaged($"id {ids[i]} at position {start + i} is not in 0..{VocabularySize - 1}");
            }
        }
    }

    private void CheckContent()
    {
        lock (_checking)
        {
            Span<byte> bytes = stackalloc byte[ChunkBytes];
            Crc32C checksum = default;
            long end = _header.ContentChecksum == 0 || _isChecked ? 0 : Count * _header.Width;
            for (long start = 0; start < end; start += ChunkBytes)
            {
                Span<byte> chunk = bytes[..(int)Math.Min(ChunkBytes, end - start)];
                _source!.Read(TokenFileHeader.Size + start, chunk);
                checksum.Append(chunk);
            }
            if (end > 0 && checksum.Value != _header.ContentChecksum)
            {
                throw Damaged("its ids do not have the checksum in its header");
            }
            _isChecked = true;
        }
    }

    private InputException Damaged(string fault) =>
        new($"'{Path ?? Name}' is damaged: {fault}{(Path is null ? "" : "; remove the file, and a training makes it again from the text")}");

    private void ThrowRange(long start, int length) =>
        throw new ArgumentOutOfRangeException(nameof(start), start, $"'{Name}' has {Count} ids; {length} from {start} on were requested");
}
