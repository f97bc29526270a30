using System.Buffers.Binary;
using System.Text;

namespace TransformerXL.Text.Unigram.Normalization;

/// <summary>
/// SentencePiece's compiled map of characters: the length of a double-array trie in bytes (32 bits), the trie, and the replacements, each ended by a zero byte. The trie is that of
/// Darts-clone: units of 32 bits with label, offset to the children, and a flag for a child that holds the place of the replacement.
/// </summary>
internal sealed class CharacterMap
{
    /// <summary>Bytes of a replacement. The longest of Unicode's compatibility forms has 33.</summary>
    private const int LongestReplacement = 256;

    /// <summary>Characters of a sequence that is replaced.</summary>
    private const int LongestSequence = 64;

    private readonly byte[] _content;
    private readonly uint[] _units;
    private readonly int _texts;

    private CharacterMap(byte[] content, uint[] units)
    {
        (_content, _units, _texts) = (content, units, sizeof(uint) + (units.Length * sizeof(uint)));
    }

    /// <summary>The map as stored.</summary>
    public ReadOnlySpan<byte> Content => _content;

    /// <summary>Reads a map.</summary>
    /// <exception cref="InputException">It is damaged.</exception>
    public static CharacterMap Parse(byte[] content)
    {
        uint size = content.Length >= sizeof(uint) ? BinaryPrimitives.ReadUInt32LittleEndian(content) : 0;
        Require.That(size > 0 && size % sizeof(uint) == 0 && size <= content.Length - sizeof(uint), $"the character map of {content.Length} bytes is damaged: its trie has {size} bytes");
        uint[] units = new uint[size / sizeof(uint)];
        for (int i = 0; i < units.Length; i++)
        {
            units[i] = BinaryPrimitives.ReadUInt32LittleEndian(content.AsSpan(sizeof(uint) * (i + 1)));
        }

        ReadOnlySpan<byte> texts = content.AsSpan((int)size + sizeof(uint));
        Require.That(texts.IsEmpty || texts[^1] == 0, "the character map is damaged: its last replacement has no end");
        while (!texts.IsEmpty)
        {
            int length = texts.IndexOf((byte)0);
            Require.That(length <= LongestReplacement, $"a replacement of the character map has {length} bytes; at most {LongestReplacement} are accepted");
            texts = texts[(length + 1)..];
        }

        return new CharacterMap(content, units);
    }

    /// <summary>Finds the longest or the shortest sequence at the beginning of a text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="longest">Whether the longest one is wanted.</param>
    /// <param name="count">The characters of the sequence.</param>
    /// <param name="replacement">Its replacement in UTF-8.</param>
    public bool TryFind(ReadOnlySpan<PlacedCharacter> text, bool longest, out int count, out ReadOnlySpan<byte> replacement)
    {
        count = 0;
        int found = -1;
        uint node = Offset(_units[0]);
        Span<byte> bytes = stackalloc byte[4];
        for (int i = 0; i < text.Length && i < LongestSequence; i++)
        {
            int length = new Rune(text[i].Code).EncodeToUtf8(bytes);
            bool hasValue = false;
            foreach (byte value in bytes[..length])
            {
                node ^= value;
                if (node >= _units.Length || Label(_units[node]) != value)
                {
                    return Get(found, out replacement);
                }

                hasValue = HasLeaf(_units[node]);
                node ^= Offset(_units[node]);
            }

            if (hasValue && node < _units.Length)
            {
                (found, count) = ((int)(_units[node] & int.MaxValue), i + 1);
                if (!longest)
                {
                    break;
                }
            }
        }

        return Get(found, out replacement);
    }

    private bool Get(int found, out ReadOnlySpan<byte> replacement)
    {
        replacement = default;
        if (found < 0 || found >= _content.Length - _texts)
        {
            return false;
        }

        ReadOnlySpan<byte> rest = _content.AsSpan(_texts + found);
        replacement = rest[..rest.IndexOf((byte)0)];
        return true;
    }

    private static bool HasLeaf(uint unit) => (unit >> 8 & 1) == 1;

    private static uint Label(uint unit) => unit & (1u << 31 | 0xFF);

    private static uint Offset(uint unit) => unit >> 10 << (int)((unit & 1u << 9) >> 6);
}
