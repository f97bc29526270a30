namespace TransformerXL.Tensors;

/// <summary>Checks a visibility against the sizes of an attention.</summary>
internal static class VisibilityCheck
{
    /// <summary>Checks lengths, ranges and positions against B streams, L queries and K keys.</summary>
    public static void Sizes(in Visibility visibility, int streams, int queries, int keys)
    {
        if (!visibility.IsCross && keys < queries)
        {
            throw new ArgumentException($"attention: the number of keys is {keys}, but at least {queries} is needed: each query is a key too, unless the visibility is that of cross attention");
        }

        if (visibility.CoveredQueries() < queries)
        {
            throw new ArgumentException($"attention: the queries that the ranges of the visibility cover is {visibility.CoveredQueries()}, but at least {queries} is needed; give a range for each block");
        }

        if (visibility.MaxKey() >= keys)
        {
            throw new ArgumentException($"attention: the last key of the visibility's ranges and global positions is {visibility.MaxKey()}, but there are {keys} keys, 0 to {keys - 1}");
        }

        if (visibility.HasRanks && (visibility.RankStreams != streams || visibility.Ranks.Length != (long)queries * streams))
        {
            throw new ArgumentException($"attention: the number of ranks is {visibility.Ranks.Length} for {visibility.RankStreams} streams, but {(long)queries * streams} for {streams} are needed, one for each place of each stream");
        }

        if (visibility.HasLengths)
        {
            (ReadOnlyMemory<int> ofQueries, ReadOnlyMemory<int> ofKeys) = visibility.Lengths();
            Lengths("queries", ofQueries.Span, streams, queries);
            Lengths("keys", visibility.IsCross ? ofKeys.Span : ofQueries.Span, streams, keys);
        }
    }

    /// <summary>Attention over a memory of keys and values has no ranks.</summary>
    public static void NoRanks(in Visibility visibility)
    {
        if (visibility.HasRanks)
        {
            throw new ArgumentException("attention: the visibility has ranks, which attention over a memory of keys and values does not read; use the operation of a tape");
        }
    }

    /// <summary>Relative positions need a position of the query among the keys.</summary>
    public static void Positions(in Visibility visibility, bool hasRelativeRows)
    {
        if (visibility.IsCross && hasRelativeRows)
        {
            throw new ArgumentException("attention: there are relative rows, but in cross attention queries have no position among the keys; omit the relative rows");
        }
    }

    private static void Lengths(string what, ReadOnlySpan<int> lengths, int streams, int limit)
    {
        if (lengths.Length != streams)
        {
            throw new ArgumentException($"attention: the number of lengths of {what} is {lengths.Length}, but {streams} is needed, one for each stream");
        }

        for (int stream = 0; stream < streams; stream++)
        {
            if ((uint)lengths[stream] > (uint)limit)
            {
                throw new ArgumentOutOfRangeException(nameof(lengths), $"attention: stream {stream} has {lengths[stream]} {what}, but there is room for 0 to {limit}");
            }
        }
    }
}
