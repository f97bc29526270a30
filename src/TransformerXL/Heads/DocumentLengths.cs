namespace TransformerXL.Heads;

/// <summary>
/// Documents side by side, cut into segments. All begin together; one that is shorter ends earlier, and its stream has no tokens then.
/// </summary>
/// <param name="lengths">(B): tokens of each document, at least 1.</param>
/// <param name="segment">L: tokens of a full segment.</param>
/// <param name="fills">Whether segments have L rows in any case, as positions that are counted from the end of a segment need.</param>
internal sealed class DocumentLengths(int[] lengths, int segment, bool fills)
{
    public int[] Lengths { get; } = lengths;

    /// <summary>Segments of the longest document.</summary>
    public int Segments { get; } = (lengths.Max() + segment - 1) / segment;

    /// <summary>Segments of the shortest document.</summary>
    public int FewestSegments { get; } = (lengths.Min() + segment - 1) / segment;

    /// <summary>The length of each padded document: (T) of all segments together.</summary>
    public int Rows => ((Segments - 1) * segment) + RowsOf(Segments - 1);

    /// <summary>Rows of a segment.</summary>
    public int RowsOf(int index) => fills ? segment : Math.Min(segment, Lengths.Max() - (index * segment));

    /// <summary>The tokens of each stream in a segment.</summary>
    public int[] LengthsOf(int index) => [.. Lengths.Select(length => Math.Clamp(length - (index * segment), 0, segment))];

    /// <summary>The ids of a segment, from those of all rows (T, B), in which the places after a document are negative.</summary>
    /// <param name="ids">(T, B), perhaps of fewer rows than the padded documents have.</param>
    /// <param name="index">The segment.</param>
    public int[] IdsOf(ReadOnlySpan<int> ids, int index)
    {
        int[] result = new int[RowsOf(index) * Lengths.Length];
        int first = index * segment * Lengths.Length, count = Math.Min(result.Length, ids.Length - first);
        for (int i = 0; i < count; i++)
        {
            result[i] = Math.Max(0, ids[first + i]);
        }

        return result;
    }

    /// <summary>The tokens of each stream, from ids (T, B) in which the places after a document are negative.</summary>
    public static int[] Count(ReadOnlySpan<int> ids, int streams)
    {
        int[] lengths = new int[streams];
        for (int i = 0; i < ids.Length; i++)
        {
            lengths[i % streams] += ids[i] >= 0 ? 1 : 0;
        }

        return lengths;
    }
}
