namespace TransformerXL.Analysis.Attention;

/// <summary>Distances grouped for a chart: near ones alone, far ones in groups that grow with the distance.</summary>
internal sealed class DistanceBins
{
    private const int Alone = 32;
    private const double Growth = 1.06;

    private readonly int[] _starts;

    /// <param name="positions">Distances 0 to n - 1.</param>
    public DistanceBins(int positions)
    {
        List<int> starts = [];
        for (int start = 0; start < positions; start = start < Alone ? start + 1 : Math.Max(start + 1, (int)Math.Round(start * Growth)))
        {
            starts.Add(start);
        }

        _starts = [.. starts, positions];
        Names = [.. Enumerable.Range(0, starts.Count).Select(i => _starts[i + 1] - _starts[i] == 1 ? $"{_starts[i]}" : $"{_starts[i]}–{_starts[i + 1] - 1}")];
    }

    /// <summary>The distances of each group.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>The mean of the values of each group.</summary>
    public double[] Means(double[] values) => [.. Enumerable.Range(0, Names.Count).Select(i => values[_starts[i].._starts[i + 1]].Average())];
}
