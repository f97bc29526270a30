using System.Buffers.Binary;
using System.Text;
using TransformerXL.Files;

namespace TransformerXL.Interchange.PyTorch;

/// <summary>
/// The directory of a zip file whose entries are stored, not compressed, as PyTorch writes them. The framework's own
/// reader returns streams that cannot seek; tensors are read at offsets by several threads at once, which needs
/// only the position of each entry. Compressed and encrypted entries are rejected, so there are no zip bombs.
/// </summary>
internal sealed class StoredZip
{
    private const uint EndSignature = 0x06054b50;
    private const uint Zip64EndSignature = 0x06064b50;
    private const uint Zip64LocatorSignature = 0x07064b50;
    private const uint EntrySignature = 0x02014b50;
    private const uint LocalSignature = 0x04034b50;
    private const int EndBytes = 22;
    private const int Zip64EndBytes = 56;
    private const int LocatorBytes = 20;
    private const int EntryBytes = 46;
    private const int LocalBytes = 30;
    private const int EncryptedFlags = 0x2041;
    private const ushort Zip64Extra = 1;

    private readonly ByteSource _source;
    private readonly Dictionary<string, (long Header, long Length)> _entries = new(StringComparer.Ordinal);

    private StoredZip(ByteSource source) => _source = source;

    public IReadOnlyCollection<string> Names => _entries.Keys;

    public static StoredZip Read(ByteSource source)
    {
        var zip = new StoredZip(source);
        (long offset, long length) = zip.FindDirectory();
        if (offset < 0 || length < 0 || offset > source.Length || length > source.Length - offset || length > Array.MaxLength)
        {
            throw zip.Fault($"its directory of {length} bytes at byte {offset} is not within its {source.Length} bytes");
        }

        byte[] directory = new byte[length];
        source.Read(offset, directory);
        for (int at = 0; at < directory.Length;)
        {
            at += zip.AddEntry(directory.AsSpan(at));
        }

        return zip;
    }

    public bool Contains(string name) => _entries.ContainsKey(name);

    /// <summary>Where the bytes of an entry are in the file; null if there is no such entry.</summary>
    public (long Offset, long Length)? Find(string name)
    {
        if (!_entries.TryGetValue(name, out (long Header, long Length) entry))
        {
            return null;
        }

        Span<byte> local = stackalloc byte[LocalBytes];
        ReadAt(entry.Header, local, "an entry");
        long offset = entry.Header + LocalBytes
            + BinaryPrimitives.ReadUInt16LittleEndian(local[26..]) + BinaryPrimitives.ReadUInt16LittleEndian(local[28..]);
        if (BinaryPrimitives.ReadUInt32LittleEndian(local) != LocalSignature || entry.Length > _source.Length - offset)
        {
            throw Fault($"its entry '{InputText.Show(name)}' of {entry.Length} bytes is not where the directory says");
        }

        return (offset, entry.Length);
    }

    private (long Offset, long Length) FindDirectory()
    {
        Span<byte> end = stackalloc byte[EndBytes];
        ReadAt(_source.Length - EndBytes, end, "the end of its directory");
        if (BinaryPrimitives.ReadUInt32LittleEndian(end) != EndSignature)
        {
            throw Fault("it does not end like a whole zip file; perhaps it was not copied to the end");
        }

        uint length = BinaryPrimitives.ReadUInt32LittleEndian(end[12..]);
        uint offset = BinaryPrimitives.ReadUInt32LittleEndian(end[16..]);
        bool large = length == uint.MaxValue || offset == uint.MaxValue || BinaryPrimitives.ReadUInt16LittleEndian(end[10..]) == ushort.MaxValue;
        return large ? FindLargeDirectory() : (offset, length);
    }

    private (long Offset, long Length) FindLargeDirectory()
    {
        Span<byte> locator = stackalloc byte[LocatorBytes];
        ReadAt(_source.Length - EndBytes - LocatorBytes, locator, "the end of its directory");
        Span<byte> end = stackalloc byte[Zip64EndBytes];
        ReadAt(BinaryPrimitives.ReadInt64LittleEndian(locator[8..]), end, "the end of its directory");
        if (BinaryPrimitives.ReadUInt32LittleEndian(locator) != Zip64LocatorSignature || BinaryPrimitives.ReadUInt32LittleEndian(end) != Zip64EndSignature)
        {
            throw Fault("the end of its directory is not where it says");
        }

        return (BinaryPrimitives.ReadInt64LittleEndian(end[48..]), BinaryPrimitives.ReadInt64LittleEndian(end[40..]));
    }

    /// <summary>Adds the entry at the beginning of <paramref name="directory"/>; returns its bytes there.</summary>
    private int AddEntry(ReadOnlySpan<byte> directory)
    {
        if (directory.Length < EntryBytes || BinaryPrimitives.ReadUInt32LittleEndian(directory) != EntrySignature)
        {
            throw Fault("its directory is damaged");
        }

        int nameLength = BinaryPrimitives.ReadUInt16LittleEndian(directory[28..]);
        int extraLength = BinaryPrimitives.ReadUInt16LittleEndian(directory[30..]);
        int whole = EntryBytes + nameLength + extraLength + BinaryPrimitives.ReadUInt16LittleEndian(directory[32..]);
        if (whole > directory.Length)
        {
            throw Fault("its directory is cut short");
        }

        string name = Encoding.UTF8.GetString(directory.Slice(EntryBytes, nameLength));
        if ((BinaryPrimitives.ReadUInt16LittleEndian(directory[8..]) & EncryptedFlags) != 0 || BinaryPrimitives.ReadUInt16LittleEndian(directory[10..]) != 0)
        {
            throw Fault($"its entry '{InputText.Show(name)}' is encrypted or compressed; PyTorch stores entries as they are");
        }

        Span<long> sizes = [
            BinaryPrimitives.ReadUInt32LittleEndian(directory[24..]),
            BinaryPrimitives.ReadUInt32LittleEndian(directory[20..]),
            BinaryPrimitives.ReadUInt32LittleEndian(directory[42..]),
        ];
        ReadLargeSizes(directory.Slice(EntryBytes + nameLength, extraLength), sizes);
        if (sizes[0] != sizes[1] || sizes[0] < 0 || sizes[0] > _source.Length || sizes[2] < 0 || sizes[2] > _source.Length)
        {
            throw Fault($"its entry '{InputText.Show(name)}' claims {sizes[0]} bytes, {sizes[1]} stored, at byte {sizes[2]}");
        }

        return _entries.TryAdd(name, (sizes[2], sizes[0])) ? whole : throw Fault($"its entry '{InputText.Show(name)}' occurs twice");
    }

    /// <summary>Sizes and offset that do not fit in 32 bits are in an extra field, in this order, only those that do not fit.</summary>
    private void ReadLargeSizes(ReadOnlySpan<byte> extra, Span<long> sizes)
    {
        while (extra.Length >= 4)
        {
            int length = BinaryPrimitives.ReadUInt16LittleEndian(extra[2..]);
            bool isSizes = BinaryPrimitives.ReadUInt16LittleEndian(extra) == Zip64Extra;
            extra = extra[4..];
            if (length > extra.Length)
            {
                throw Fault("its directory is damaged");
            }

            int at = 0;
            for (int i = 0; isSizes && i < sizes.Length; i++)
            {
                if (sizes[i] == uint.MaxValue && at + sizeof(long) <= length)
                {
                    sizes[i] = BinaryPrimitives.ReadInt64LittleEndian(extra[at..]);
                    at += sizeof(long);
                }
            }

            extra = extra[length..];
        }
    }

    private void ReadAt(long offset, Span<byte> destination, string what)
    {
        if (offset < 0 || offset > _source.Length - destination.Length)
        {
            throw Fault($"{what} would be at byte {offset} of {_source.Length}");
        }

        _source.Read(offset, destination);
    }

    private InputException Fault(string text) => new($"'{_source.Name}' is not a usable PyTorch file: {text}.");
}
