using System.Buffers.Binary;
using System.Text;

namespace TransformerXL.Training.Datasets;

/// <summary>The header of an entry of a tar archive: a block of 512 bytes.</summary>
/// <param name="Name">The name, with folders.</param>
/// <param name="Size">Bytes of content.</param>
/// <param name="Type">The type of the entry, a letter or a digit.</param>
internal sealed record TarHeader(string Name, long Size, char Type)
{
    /// <summary>Size of a header in bytes; contents are padded to a multiple of it.</summary>
    public const int Bytes = 512;

    private const int NameBytes = 100, SizeAt = 124, SizeBytes = 12, ChecksumAt = 148, ChecksumBytes = 8, TypeAt = 156, MagicAt = 257, PrefixAt = 345, PrefixBytes = 155;

    /// <summary>Whether it describes the next entry: a pax header, or a long name or link of GNU.</summary>
    public bool IsExtended => Type is 'x' or 'g' or 'L' or 'K';

    /// <summary>Whether it is a regular file. Links could point outside the archive; the data sets have none.</summary>
    public bool IsFile => Type is '0' or '\0' or '7';

    /// <summary>Whether content follows: never after links, devices, folders and pipes, whatever their claimed size.</summary>
    public bool HasContent => Type is < '1' or > '6';

    /// <exception cref="InputException">The header is damaged.</exception>
    public static TarHeader Read(ReadOnlySpan<byte> block, string path)
    {
        long sum = 0;
        for (int i = 0; i < Bytes; i++)
        {
            sum += i is >= ChecksumAt and < ChecksumAt + ChecksumBytes ? (byte)' ' : block[i];
        }

        Require.That(
            Number(block.Slice(ChecksumAt, ChecksumBytes)) == sum,
            $"'{path}' is damaged or not a tar archive: the checksum of a header is wrong");
        long size = Number(block.Slice(SizeAt, SizeBytes)) is >= 0 and var given ? given : throw new InputException($"'{path}' is damaged: a header has no size");
        string name = Text(block[..NameBytes]);
        // GNU's format has other fields in place of ustar's folder of a long name.
        string folder = block.Slice(MagicAt, 6).SequenceEqual("ustar\0"u8) ? Text(block.Slice(PrefixAt, PrefixBytes)) : "";
        return new TarHeader(folder.Length == 0 ? name : $"{folder}/{name}", size, (char)block[TypeAt]);
    }

    /// <summary>Text to the first zero.</summary>
    public static string Text(ReadOnlySpan<byte> field)
    {
        int end = field.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? field : field[..end]);
    }

    /// <summary>Octal digits between spaces and zeros, or, after a byte 0x80, a number of 8 bytes at the end; null for anything else.</summary>
    private static long? Number(ReadOnlySpan<byte> field)
    {
        if (field[0] == 0x80 && field.Length > sizeof(long))
        {
            return field[1..^sizeof(long)].ContainsAnyExcept((byte)0) ? null : BinaryPrimitives.ReadInt64BigEndian(field[^sizeof(long)..]);
        }

        ReadOnlySpan<byte> digits = field.Trim(" \0"u8);
        long number = 0;
        foreach (byte digit in digits)
        {
            if (digit is < (byte)'0' or > (byte)'7')
            {
                return null;
            }

            number = (number * 8) + (digit - '0');
        }

        return digits.IsEmpty ? 0 : number;
    }
}
