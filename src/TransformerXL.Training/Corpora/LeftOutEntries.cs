namespace TransformerXL.Training.Corpora;

/// <summary>Entries of a folder of texts or examples that are not part of them.</summary>
internal sealed class LeftOutEntries
{
    private const int MaxNames = 3;

    private readonly List<string> _runs = [], _hidden = [], _links = [];

    public void AddRun(string path) => _runs.Add(path);

    public void AddHidden(string path) => _hidden.Add(path);

    public void AddLink(string path) => _links.Add(path);

    public void Add(LeftOutEntries other)
    {
        _runs.AddRange(other._runs);
        _hidden.AddRange(other._hidden);
        _links.AddRange(other._links);
    }

    /// <summary>One line about what was left out, with some of the names; null if nothing was.</summary>
    /// <param name="of">What it was left out of.</param>
    public string? Describe(string of = "text")
    {
        string[] parts = [.. Describe(_runs, "files and folders of runs"), .. Describe(_hidden, "hidden"), .. Describe(_links, "links to folders")];
        return parts.Length == 0 ? null : $"left out of the {of}: {string.Join("; ", parts)}";
    }

    private static IEnumerable<string> Describe(List<string> names, string kind)
    {
        string[] distinct = [.. names.Distinct().Order(StringComparer.Ordinal)];
        if (distinct.Length > 0)
        {
            string more = distinct.Length > MaxNames ? $" and {distinct.Length - MaxNames} more" : "";
            yield return $"{string.Join(", ", distinct.Take(MaxNames))}{more} ({kind})";
        }
    }
}
