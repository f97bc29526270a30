namespace TransformerXL.Analysis.Attention;

/// <summary>Distances grouped for a chart: near ones alone, far ones in groups that grow with the distance. Tokens after a token come first, with a sign.</summary>
internal sealed class DistanceBins
{
    private const int Alone = 32;
    private const double Growth = 1.06;

    private readonly int[] _starts;

    /// <param name="positions">Distances 0 to n - 1 before a token.</param>
    /// <param name="after">Distances 1 to a after it.</param>
    public DistanceBins(int positions, int after = 0)
    {
        // Of a values after a token, the one at a distance is at a - distance.
        int[] before = Starts(0, positions), following = Starts(1, after + 1);
        _starts = [.. Enumerable.Reverse(following).Select(end => after + 1 - end), .. before.Skip(1).Select(start => after + start)];
        Names = [.. Labels(following, "+").Reverse(), .. Labels(before, "")];

        static IEnumerable<string> Labels(int[] starts, string sign) =>
            Enumerable.Range(0, starts.Length - 1).Select(i => starts[i + 1] - starts[i] == 1 ? $"{sign}{starts[i]}" : $"{sign}{starts[i]}–{starts[i + 1] - 1}");
    }

    /// <summary>The distances of each group.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>The mean of the values of each group.</summary>
    public double[] Means(double[] values) => [.. Enumerable.Range(0, Names.Count).Select(i => values[_starts[i].._starts[i + 1]].Average())];

    /// <summary>Where groups begin, and where the last one ends.</summary>
    private static int[] Starts(int first, int end)
    {
        List<int> starts = [];
        for (int start = first; start < end; start = start < Alone ? start + 1 : Math.Max(start + 1, (int)Math.Round(start * Growth)))
        {
            starts.Add(start);
        }

        return [.. starts, end];
    }
}
