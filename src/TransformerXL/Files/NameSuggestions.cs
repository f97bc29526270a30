namespace TransformerXL.Files;

/// <summary>Finds existing names that resemble a name that does not exist.</summary>
internal static class NameSuggestions
{
    private const int LongestCompared = 256;
    private const int MaxCompared = 20_000;
    private const int ShortestBeginning = 3;

    /// <summary>
    /// Up to <paramref name="max"/> of <paramref name="names"/>, nearest first by edit distance (Levenshtein 1966). Distant names are left out, except where one name
    /// is the beginning of the other.
    /// </summary>
    /// <param name="wanted">The name that does not exist.</param>
    /// <param name="names">The existing names.</param>
    /// <param name="max">The maximum number of suggestions.</param>
    public static IReadOnlyList<string> Find(string wanted, IEnumerable<string> names, int max)
    {
        if (wanted.Length > LongestCompared)
        {
            return [];
        }

        int farthest = Math.Max(2, wanted.Length / 3);
        int[] row = new int[LongestCompared + 1];
        return [.. names
            .Where(name => name.Length <= LongestCompared && (Math.Abs(name.Length - wanted.Length) <= farthest || OneBeginsTheOther(name, wanted)))
            .Take(MaxCompared)
            .Select(name => (Name: name, Distance: Distance(wanted, name, row)))
            .Where(near => near.Distance <= farthest || OneBeginsTheOther(near.Name, wanted))
            .OrderBy(near => near.Distance)
            .Take(max)
            .Select(near => near.Name)];
    }

    private static bool OneBeginsTheOther(string a, string b)
    {
        (string beginning, string whole) = a.Length <= b.Length ? (a, b) : (b, a);
        return beginning.TrimStart('-').Length >= ShortestBeginning && whole.StartsWith(beginning, StringComparison.Ordinal);
    }

    /// <summary>Levenshtein distance with one row of the table.</summary>
    private static int Distance(string a, string b, int[] row)
    {
        for (int j = 0; j <= b.Length; j++)
        {
            row[j] = j;
        }

        for (int i = 1; i <= a.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[b.Length];
    }
}
