namespace TransformerXL.Text.BytePairs;

/// <summary>
/// Merges the bytes of a pre-token: always the pair with the lowest rank, the leftmost if there are several. Short pre-tokens are searched
/// linearly, which is fastest for them; long ones use a heap of pairs.
/// </summary>
internal sealed class PairMerger(BytePairModel model)
{
    private const int Short = 64;

    /// <summary>Buffers for longer pre-tokens are released.</summary>
    private const int LongestKept = 1 << 14;

    private readonly int[] _ids = new int[Short];
    private readonly int[] _ranks = new int[Short];
    private LongPairMerger? _long;

    /// <summary>The ids of a pre-token, valid until the next call.</summary>
    public ReadOnlySpan<int> Merge(ReadOnlySpan<byte> preToken)
    {
        if (preToken.Length <= Short)
        {
            return MergeShort(preToken);
        }
        LongPairMerger merger = _long ?? new LongPairMerger(model);
        _long = preToken.Length <= LongestKept ? merger : null;
        return merger.Merge(preToken);
    }

    private ReadOnlySpan<int> MergeShort(ReadOnlySpan<byte> preToken)
    {
        Span<int> ids = _ids.AsSpan(0, preToken.Length);
        for (int i = 0; i < ids.Length; i++)
        {
            ids[i] = model.IdOf(preToken[i]);
        }
        // ranks[i] is that of the pair (i, i + 1).
        Span<int> ranks = _ranks.AsSpan(0, Math.Max(ids.Length - 1, 0));
        for (int i = 0; i < ranks.Length; i++)
        {
            ranks[i] = model.RankOf(ids[i], ids[i + 1]);
        }
        while (Lowest(ranks) is >= 0 and int at)
        {
            ids[at] = model.ResultOf(ranks[at]);
            ids[(at + 2)..].CopyTo(ids[(at + 1)..]);
            ids = ids[..^1];
            ranks[(at + 1)..].CopyTo(ranks[at..]);
            ranks = ranks[..^1];
            if (at > 0)
            {
                ranks[at - 1] = model.RankOf(ids[at - 1], ids[at]);
            }
            if (at < ranks.Length)
            {
                ranks[at] = model.RankOf(ids[at], ids[at + 1]);
            }
        }
        return ids;
    }

    private static int Lowest(ReadOnlySpan<int> ranks)
    {
        int best = -1;
        int lowest = int.MaxValue;
        for (int i = 0; i < ranks.Length; i++)
        {
            if (ranks[i] < lowest)
            {
                (best, lowest) = (i, ranks[i]);
            }
        }
        return best;
    }
}
