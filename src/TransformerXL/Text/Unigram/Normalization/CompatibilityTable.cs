using System.Collections.Frozen;
using System.Globalization;

namespace TransformerXL.Text.Unigram.Normalization;

/// <summary>Compatibility decompositions of Unicode (the forms NFKC and NFKD). <c>make-compatibility.py</c> makes the table from the Unicode Character Database.</summary>
internal sealed class CompatibilityTable
{
    private const string Resource = "compatibility.txt";

    private static readonly Lazy<CompatibilityTable> s_instance = new(() => new CompatibilityTable());

    private readonly FrozenDictionary<int, int[]> _decompositions;

    private CompatibilityTable()
    {
        Dictionary<int, int[]> decompositions = [];
        using Stream stream = typeof(CompatibilityTable).Assembly.GetManifestResourceStream(Resource)!;
        using var reader = new StreamReader(stream);
        while (reader.ReadLine() is { } line)
        {
            int[] numbers = [.. line.Split(' ').Select(part => int.Parse(part, NumberStyles.HexNumber, CultureInfo.InvariantCulture))];
            decompositions[numbers[0]] = numbers[1..];
        }

        _decompositions = decompositions.ToFrozenDictionary();
    }

    /// <summary>The table, read at first use.</summary>
    public static CompatibilityTable Instance => s_instance.Value;

    /// <summary>The characters that a character stands for; null if it has no compatibility decomposition.</summary>
    public int[]? Find(int code) => _decompositions.GetValueOrDefault(code);
}
