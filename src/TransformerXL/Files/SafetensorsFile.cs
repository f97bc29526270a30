using System.Diagnostics.CodeAnalysis;

namespace TransformerXL.Files;

/// <summary>
/// A safetensors file opened for reading. The header is checked completely when it is opened; tensors are read from
/// the file on demand, so that a file may be larger than the memory. Reading is thread-safe.
/// </summary>
public sealed class SafetensorsFile : WeightFile
{
    private readonly ByteSource _source;
    private readonly SafetensorsHeader _header;

    private SafetensorsFile(ByteSource source, SafetensorsHeader header)
    {
        _source = source;
        _header = header;
    }

    /// <inheritdoc/>
    public override string Path => _source.Name;

    /// <summary>The text under <c>__metadata__</c>; empty if there is none.</summary>
    public IReadOnlyDictionary<string, string> Metadata => _header.Metadata;

    /// <summary>The tensors in the order of the header.</summary>
    public override IReadOnlyList<SafetensorsEntry> Entries => _header.Entries;

    /// <summary>Opens a file and checks its header; every value in it is checked against the file's length.</summary>
    /// <exception cref="InputException">The file cannot be read, or is not a complete, well-formed safetensors file.</exception>
    public static SafetensorsFile Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return Open(new FileByteSource(path));
    }

    /// <summary>The same for bytes in memory, called <paramref name="name"/> in errors.</summary>
    internal static SafetensorsFile Parse(string name, ReadOnlyMemory<byte> bytes) => Open(new MemoryByteSource(name, bytes));

    /// <summary>The same for any bytes; the file owns <paramref name="source"/> from now on.</summary>
    internal static SafetensorsFile Open(ByteSource source)
    {
        try
        {
            return new SafetensorsFile(source, SafetensorsHeader.Read(source));
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    /// <summary>Finds a tensor by name.</summary>
    public bool TryFind(string name, [NotNullWhen(true)] out SafetensorsEntry? entry) => _header.ByName.TryGetValue(name, out entry);

    /// <inheritdoc/>
    public override SafetensorsEntry Find(string name) => (SafetensorsEntry)base.Find(name);

    /// <summary>Reads stored bytes of a tensor of any type, from <paramref name="byteOffset"/> within the tensor on.</summary>
    /// <exception cref="InputException">No such tensor, or the tensor has fewer bytes.</exception>
    public void ReadBytes(string name, long byteOffset, Span<byte> destination)
    {
        SafetensorsEntry entry = Find(name);
        if (byteOffset < 0 || byteOffset > entry.ByteLength - destination.Length)
        {
            throw new InputException(
                $"Tensor '{InputText.Show(name)}' of '{Path}' has {entry.ByteLength} bytes; {destination.Length} bytes from {byteOffset} on are not there.");
        }

        _source.Read(_header.DataStart + entry.Begin + byteOffset, destination);
    }

    /// <summary>Reads all stored bytes of a tensor a piece at a time, and compares its checksum if it has one.</summary>
    /// <param name="entry">The tensor.</param>
    /// <param name="piece">Holds each piece in turn.</param>
    /// <param name="take">Takes the bytes at the beginning of the piece, as many as it is given.</param>
    /// <exception cref="InputException">The tensor is damaged; all pieces were taken.</exception>
    internal void ReadBytes(SafetensorsEntry entry, byte[] piece, Action<int> take)
    {
        SafetensorsChecksums.Source? summed = Summed(entry);
        for (long at = 0; at < entry.ByteLength; at += piece.Length)
        {
            int count = (int)Math.Min(piece.Length, entry.ByteLength - at);
            (summed ?? _source).Read(_header.DataStart + entry.Begin + at, piece.AsSpan(0, count));
            take(count);
        }

        RequireChecksum(entry, summed);
    }

    /// <summary>Reads the bytes of all tensors that have checksums and compares those.</summary>
    /// <exception cref="InputException">A tensor is damaged.</exception>
    internal void CheckSums()
    {
        byte[] block = new byte[1 << 16];
        foreach (SafetensorsEntry entry in Entries)
        {
            if (entry.Checksum is not null)
            {
                ReadBytes(entry, block, _ => { });
            }
        }
    }

    /// <inheritdoc/>
    public override void Dispose() => _source.Dispose();

    private protected override WeightEntry? Lookup(string name) => _header.ByName.GetValueOrDefault(name);

    private protected override void ReadFloats(WeightEntry entry, Span<float> destination)
    {
        SafetensorsChecksums.Source? summed = Summed(entry);
        SafetensorsElements.ReadFloats(summed ?? _source, _header.DataStart + ((SafetensorsEntry)entry).Begin, entry.Type, destination);
        RequireChecksum(entry, summed);
    }

    private protected override void ReadInt64s(WeightEntry entry, Span<long> destination)
    {
        SafetensorsChecksums.Source? summed = Summed(entry);
        SafetensorsElements.ReadInt64s(summed ?? _source, _header.DataStart + ((SafetensorsEntry)entry).Begin, entry.Type, destination);
        RequireChecksum(entry, summed);
    }

    /// <summary>The source with a checksum, if there is one to compare.</summary>
    private SafetensorsChecksums.Source? Summed(WeightEntry entry) => ((SafetensorsEntry)entry).Checksum is null ? null : new(_source);

    private void RequireChecksum(WeightEntry entry, SafetensorsChecksums.Source? read)
    {
        if (read?.Checksum != ((SafetensorsEntry)entry).Checksum)
        {
            throw new InputException(
                $"'{Path}' is damaged: the bytes of tensor '{InputText.Show(entry.Name)}' do not have the checksum under '{SafetensorsChecksums.Key}' in its metadata (a program that changes a tensor must leave that out)");
        }
    }
}
