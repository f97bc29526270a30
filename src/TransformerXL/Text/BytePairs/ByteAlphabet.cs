using System.Text;

namespace TransformerXL.Text.BytePairs;

/// <summary>
/// The printable stand-ins for the 256 bytes that GPT-2 (Radford et al. 2019, <c>bytes_to_unicode</c>) uses in its files:
/// bytes that are printable in Latin-1 map to themselves, the others to U+0100, U+0101, ... in ascending order.
/// </summary>
internal static class ByteAlphabet
{
    private const int FirstStandIn = 0x100;

    private static readonly char[] s_charOfByte = Build();
    private static readonly short[] s_byteOfChar = Invert();

    /// <summary>The bytes in the order of their stand-ins, which is the order of their ids in GPT-2's vocabulary.</summary>
    public static byte[] BytesInOrder() => [.. Enumerable.Range(0, 256).Select(value => (byte)value).OrderBy(value => s_charOfByte[value])];

    /// <summary>The name of a token in the files.</summary>
    public static string Name(ReadOnlySpan<byte> bytes)
    {
        var name = new StringBuilder(bytes.Length);
        foreach (byte value in bytes)
        {
            name.Append(s_charOfByte[value]);
        }
        return name.ToString();
    }

    /// <summary>The byte of a character; false if it has none.</summary>
    public static bool TryGetByte(char standIn, out byte value)
    {
        int found = standIn < s_byteOfChar.Length ? s_byteOfChar[standIn] : -1;
        value = (byte)found;
        return found >= 0;
    }

    private static char[] Build()
    {
        char[] table = new char[256];
        int next = FirstStandIn;
        for (int value = 0; value < table.Length; value++)
        {
            bool printable = value is (>= 0x21 and <= 0x7E) or (>= 0xA1 and <= 0xAC) or >= 0xAE;
            table[value] = (char)(printable ? value : next++);
        }
        return table;
    }

    private static short[] Invert()
    {
        short[] table = new short[s_charOfByte.Max() + 1];
        Array.Fill(table, (short)-1);
        for (int value = 0; value < s_charOfByte.Length; value++)
        {
            table[s_charOfByte[value]] = (short)value;
        }
        return table;
    }
}
