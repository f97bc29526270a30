namespace TransformerXL.Text.BytePairs;

/// <summary>The distinct pre-tokens of a training as ids, which become fewer with every merge, and the counts of their pairs.</summary>
internal sealed class TrainedWords
{
    private const int CancellationInterval = 1 << 12;

    private readonly int[] _ids;
    private readonly int[] _starts;
    private readonly int[] _lengths;
    private readonly long[] _counts;

    public TrainedWords(PreTokenCounts preTokens, int[] idOfByte, CancellationToken cancellationToken)
    {
        int count = preTokens.Count;
        _starts = new int[count];
        _lengths = new int[count];
        _counts = new long[count];
        var ids = new List<int>();
        for (int word = 0; word < count; word++)
        {
            Check(word, cancellationToken);
            _starts[word] = ids.Count;
            _counts[word] = preTokens.CountOf(word);
            foreach (byte value in preTokens.PreToken(word))
            {
                ids.Add(idOfByte[value]);
            }
            _lengths[word] = ids.Count - _starts[word];
        }
        _ids = [.. ids];
        CountPairs(cancellationToken);
    }

    public PairCounts Pairs { get; } = new();

    /// <summary>Merges a pair, from left to right, in the words in which it may occur.</summary>
    public void Merge(int left, int right, int result, List<int> words, CancellationToken cancellationToken)
    {
        for (int i = 0; i < words.Count; i++)
        {
            Check(i, cancellationToken);
            MergeWord(words[i], left, right, result);
        }
        Pairs.Settle();
    }

    private static void Check(int step, CancellationToken cancellationToken)
    {
        if (step % CancellationInterval == 0)
        {
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    private void CountPairs(CancellationToken cancellationToken)
    {
        for (int word = 0; word < _starts.Length; word++)
        {
            Check(word, cancellationToken);
            ReadOnlySpan<int> ids = _ids.AsSpan(_starts[word], _lengths[word]);
            for (int i = 0; i + 1 < ids.Length; i++)
            {
                Pairs.Add(ids[i], ids[i + 1], _counts[word], word);
            }
        }
        Pairs.Settle();
    }

    /// <summary>Each pair that lost a part is subtracted once, each pair that gained the result is added once.</summary>
    private void MergeWord(int word, int left, int right, int result)
    {
        Span<int> ids = _ids.AsSpan(_starts[word], _lengths[word]);
        long count = _counts[word];
        int kept = 0;
        bool afterMerge = false;
        for (int i = 0; i < ids.Length; i++)
        {
            bool merges = ids[i] == left && i + 1 < ids.Length && ids[i + 1] == right;
            int id = merges ? result : ids[i];
            if (kept > 0 && (merges || afterMerge))
            {
                Pairs.Add(afterMerge ? right : ids[kept - 1], ids[i], -count, word);
                Pairs.Add(ids[kept - 1], id, count, word);
            }
            if (merges)
            {
                Pairs.Add(left, right, -count, word);
                i++;
            }
            ids[kept++] = id;
            afterMerge = merges;
        }
        _lengths[word] = kept;
    }
}
