using System.Buffers.Binary;
using System.Text;
using System.Text.Unicode;

namespace TransformerXL.Compression.Archives;

/// <summary>The head of an entry of an archive: name and attributes; the content of a file follows it.</summary>
/// <param name="Name">Path below the folder of extraction, parts separated by slashes.</param>
/// <param name="IsFolder">Whether it is a folder, without content.</param>
/// <param name="IsExecutable">Whether the owner may execute the file.</param>
/// <param name="Modified">Time of the last change in seconds since 1970.</param>
/// <param name="Length">Bytes of content.</param>
internal sealed record ArchiveEntry(string Name, bool IsFolder, bool IsExecutable, long Modified, long Length)
{
    public const byte End = 0;
    public const int MaxNameBytes = 4096;

    private const byte File = 1, Folder = 2, Executable = 3;
    private const int FixedBytes = 1 + 2 + 8 + 8;

    /// <summary>The bytes of the head: kind, length of the name, name, time, length.</summary>
    public byte[] ToBytes()
    {
        byte[] name = Encoding.UTF8.GetBytes(Name), bytes = new byte[FixedBytes + name.Length];
        bytes[0] = IsFolder ? Folder : IsExecutable ? Executable : File;
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(1), (ushort)name.Length);
        name.CopyTo(bytes, 3);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(3 + name.Length), Modified);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(11 + name.Length), Length);
        return bytes;
    }

    /// <summary>The number of bytes of a header, as far as it is known from its beginning.</summary>
    public static int CountBytes(ReadOnlySpan<byte> begin)
    {
        if (begin.Length < 1 || begin[0] == End)
        {
            return 1;
        }

        if (begin.Length < 3)
        {
            return 3;
        }

        int name = BinaryPrimitives.ReadUInt16LittleEndian(begin[1..]);
        Require.That(begin[0] <= Executable && name is > 0 and <= MaxNameBytes, $"an entry of the archive is damaged: kind {begin[0]}, name of {name} bytes");
        return FixedBytes + name;
    }

    /// <summary>Reads a whole head.</summary>
    /// <exception cref="InputException">A value or the name is not allowed.</exception>
    public static ArchiveEntry Read(ReadOnlySpan<byte> bytes)
    {
        ReadOnlySpan<byte> name = bytes[3..^16];
        Require.That(Utf8.IsValid(name), "a name in the archive is no UTF-8");
        long length = BinaryPrimitives.ReadInt64LittleEndian(bytes[^8..]), modified = BinaryPrimitives.ReadInt64LittleEndian(bytes[^16..]);
        ArchiveEntry entry = new(Encoding.UTF8.GetString(name), bytes[0] == Folder, bytes[0] == Executable, modified, length);
        ArchiveNames.RequireSafe(entry.Name);
        Require.That(length >= 0 && (!entry.IsFolder || length == 0), $"the archive gives '{entry.Name}' a length of {length} bytes");
        return entry;
    }
}
