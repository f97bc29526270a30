using System.Buffers.Binary;
using System.Text;

namespace TransformerXL.Testing.Vocabularies;

/// <summary>Builds a compiled map of characters: a double-array trie in the format of Darts-clone, and the replacements.</summary>
public sealed class CharacterMapBuilder
{
    /// <summary>Units of an array are a multiple of this number, so that readers need not check the place of a child.</summary>
    private const int Block = 256;

    private readonly Dictionary<int, uint> _units = [];
    private readonly HashSet<int> _bases = [];
    private int _last;

    public static byte[] Build(params (string Old, string New)[] rules)
    {
        CharacterMapBuilder builder = new();
        List<byte> texts = [];
        List<(byte[] Key, int Value)> entries = [];
        foreach ((string old, string replacement) in rules)
        {
            entries.Add((Encoding.UTF8.GetBytes(old), texts.Count));
            texts.AddRange(Encoding.UTF8.GetBytes(replacement));
            texts.Add(0);
        }

        builder.Add(entries, 0, 0, 0);
        byte[] content = new byte[sizeof(uint) * (1 + (((builder._last / Block) + 1) * Block))];
        BinaryPrimitives.WriteUInt32LittleEndian(content, (uint)(content.Length - sizeof(uint)));
        foreach ((int place, uint unit) in builder._units)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(content.AsSpan(sizeof(uint) * (place + 1)), unit);
        }

        return [.. content, .. texts];
    }

    /// <summary>Places the children of a node at a base of their own; the base itself holds the value.</summary>
    private void Add(List<(byte[] Key, int Value)> entries, int depth, int place, byte label)
    {
        int[] values = [.. entries.Where(entry => entry.Key.Length == depth).Select(entry => entry.Value)];
        IGrouping<byte, (byte[] Key, int Value)>[] children = [.. entries.Where(entry => entry.Key.Length > depth).GroupBy(entry => entry.Key[depth])];
        int first = 1;
        while (_bases.Contains(first) || _units.ContainsKey(first) || first == 0 || children.Any(child => _units.ContainsKey(first ^ child.Key) || (first ^ child.Key) == 0))
        {
            first++;
        }

        _bases.Add(first);
        Set(place, (uint)((place ^ first) << 10) | (values.Length > 0 ? 1u << 8 : 0) | label);
        Set(first, values.Length > 0 ? 1u << 31 | (uint)values[0] : 0);
        foreach (IGrouping<byte, (byte[] Key, int Value)> child in children)
        {
            Set(first ^ child.Key, child.Key);
        }

        foreach (IGrouping<byte, (byte[] Key, int Value)> child in children)
        {
            Add([.. child], depth + 1, first ^ child.Key, child.Key);
        }
    }

    private void Set(int place, uint unit)
    {
        _units[place] = unit;
        _last = Math.Max(_last, place);
    }
}
