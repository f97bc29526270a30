using System.Collections.Frozen;
using System.Globalization;

namespace TransformerXL.Text.BytePairs.Normalization;

/// <summary>
/// Character data for Unicode's normalization form C (Unicode Standard Annex 15). The framework's normalization needs ICU data, which an
/// invariant-globalization program does not load. <c>make-table.py</c> makes the table from the Unicode Character Database.
/// </summary>
internal sealed class NormalizationTable
{
    private const string Resource = "normalization.txt";

    /// <summary>No character below this one is changed or composes with the character before it.</summary>
    private const int FirstSpecial = 0x300;

    private const int HangulFirst = 0xAC00, HangulCount = 11172, LeadFirst = 0x1100, LeadCount = 19, VowelFirst = 0x1161, VowelCount = 21, TailFirst = 0x11A7, TailCount = 28;

    private static readonly Lazy<NormalizationTable> s_instance = new(() => new NormalizationTable());

    private readonly FrozenDictionary<int, int[]> _decompositions;
    private readonly FrozenDictionary<long, int> _compositions;
    private readonly FrozenDictionary<int, byte> _classes;
    private readonly FrozenSet<int> _seconds;
    private readonly ulong[] _isSpecial = new ulong[0x110000 / 64];

    private NormalizationTable()
    {
        Dictionary<int, int[]> decompositions = [];
        Dictionary<long, int> compositions = [];
        Dictionary<int, byte> classes = [];
        using Stream stream = typeof(NormalizationTable).Assembly.GetManifestResourceStream(Resource)!;
        using var reader = new StreamReader(stream);
        while (reader.ReadLine() is { } line)
        {
            int[] numbers = [.. line.Split(' ', '=', '-', ':').Select(part => int.Parse(part, NumberStyles.HexNumber, CultureInfo.InvariantCulture))];
            if (line.Contains(':', StringComparison.Ordinal))
            {
                for (int code = numbers[0]; code <= numbers[1]; code++)
                {
                    classes[code] = (byte)numbers[2];
                }
                continue;
            }
            decompositions[numbers[0]] = numbers[1..];
            if (!line.Contains('=', StringComparison.Ordinal))
            {
                compositions[Pair(numbers[1], numbers[2])] = numbers[0];
            }
        }
        _decompositions = decompositions.ToFrozenDictionary();
        _compositions = compositions.ToFrozenDictionary();
        _classes = classes.ToFrozenDictionary();
        _seconds = compositions.Keys.Select(pair => (int)(uint)pair)
            .Concat(Enumerable.Range(VowelFirst, VowelCount)).Concat(Enumerable.Range(TailFirst + 1, TailCount - 1)).ToFrozenSet();
        MarkSpecial(decompositions.Keys.Concat(classes.Keys).Concat(_seconds));
    }

    /// <summary>The table, read at first use.</summary>
    public static NormalizationTable Instance => s_instance.Value;

    /// <summary>Whether a character may compose with earlier text or be reordered, so that text must not be split before it.</summary>
    public bool Continues(int code) => code >= FirstSpecial && IsSpecial(code) && ContinuesAsFirst(FirstOf(code));

    /// <summary>Whether a single character is already normalized.</summary>
    public bool IsStable(int code)
    {
        if (code < FirstSpecial || !IsSpecial(code) || !_decompositions.TryGetValue(code, out int[]? parts))
        {
            return true;
        }
        return parts.Length == 2 && _compositions.TryGetValue(Pair(parts[0], parts[1]), out int composite) && composite == code;
    }

    /// <summary>The canonical combining class.</summary>
    public int ClassOf(int code) => code < FirstSpecial ? 0 : _classes.GetValueOrDefault(code);

    /// <summary>Adds the full canonical decomposition of a character.</summary>
    public void Decompose(int code, List<int> output)
    {
        int syllable = code - HangulFirst;
        if ((uint)syllable < HangulCount)
        {
            output.Add(LeadFirst + (syllable / (VowelCount * TailCount)));
            output.Add(VowelFirst + (syllable / TailCount % VowelCount));
            if (syllable % TailCount > 0)
            {
                output.Add(TailFirst + (syllable % TailCount));
            }
            return;
        }
        if (!_decompositions.TryGetValue(code, out int[]? parts))
        {
            output.Add(code);
            return;
        }
        foreach (int part in parts)
        {
            Decompose(part, output);
        }
    }

    /// <summary>The composition of two characters, or -1.</summary>
    public int Compose(int first, int second)
    {
        int lead = first - LeadFirst, vowel = second - VowelFirst, syllable = first - HangulFirst, tail = second - TailFirst;
        if ((uint)lead < LeadCount && (uint)vowel < VowelCount)
        {
            return HangulFirst + (((lead * VowelCount) + vowel) * TailCount);
        }
        if ((uint)syllable < HangulCount && syllable % TailCount == 0 && tail is > 0 and < TailCount)
        {
            return first + tail;
        }
        return _compositions.GetValueOrDefault(Pair(first, second), -1);
    }

    private static long Pair(int first, int second) => ((long)first << 32) | (uint)second;

    private bool ContinuesAsFirst(int code) => ClassOf(code) != 0 || _seconds.Contains(code);

    private int FirstOf(int code)
    {
        while (_decompositions.TryGetValue(code, out int[]? parts))
        {
            code = parts[0];
        }
        return code;
    }

    private bool IsSpecial(int code) => (_isSpecial[code >> 6] >> (code & 63) & 1) != 0;

    private void MarkSpecial(IEnumerable<int> codes)
    {
        foreach (int code in codes)
        {
            _isSpecial[code >> 6] |= 1UL << (code & 63);
        }
    }
}
