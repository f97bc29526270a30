using System.Buffers.Binary;
using System.Text;

namespace TransformerXL.Tests.Fuzzing;

/// <summary>Blocks of tar archives, also such as no program writes.</summary>
internal static class TarBytes
{
    public static byte[] Header(string name, long size, char type = '0', string magic = "ustar\0")
    {
        byte[] block = new byte[512];
        Encoding.UTF8.GetBytes(name).CopyTo(block, 0);
        if (size < 1L << 33)
        {
            Encoding.ASCII.GetBytes($"{Convert.ToString(size, 8),11} ").CopyTo(block, 124);
        }
        else
        {
            block[124] = 0x80;
            BinaryPrimitives.WriteInt64BigEndian(block.AsSpan(128), size);
        }

        block[156] = (byte)type;
        Encoding.ASCII.GetBytes(magic).CopyTo(block, 257);
        int sum = block.Sum(value => value) + (8 * ' ');
        Encoding.ASCII.GetBytes($"{Convert.ToString(sum, 8).PadLeft(6, '0')}\0 ").CopyTo(block, 148);
        return block;
    }

    /// <summary>A header and its content, filled up to whole blocks.</summary>
    public static byte[] Entry(string name, byte[] content, char type = '0') => [.. Header(name, content.Length, type), .. content, .. new byte[(512 - (content.Length % 512)) % 512]];

    public static byte[] Entry(string name, string content, char type = '0') => Entry(name, Encoding.UTF8.GetBytes(content), type);

    /// <summary>A record of an extended header: its length, key and value.</summary>
    public static string Record(string key, string value)
    {
        int length = key.Length + value.Length + 3;
        int whole = length + $"{length + 1}".Length;
        return $"{whole} {key}={value}\n";
    }
}
