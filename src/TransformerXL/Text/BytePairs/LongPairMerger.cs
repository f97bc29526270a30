namespace TransformerXL.Text.BytePairs;

/// <summary>Merges a pre-token of n bytes in O(n log n): a doubly linked list of ids, and a heap of (rank, position) in which outdated pairs are skipped.</summary>
internal sealed class LongPairMerger(BytePairModel model)
{
    private const int Gone = -1;

    private readonly PriorityQueue<int, long> _pairs = new();
    private int[] _ids = [];
    private int[] _next = [];
    private int[] _previous = [];

    /// <summary>The ids of a pre-token, valid until the next call.</summary>
    public ReadOnlySpan<int> Merge(ReadOnlySpan<byte> preToken)
    {
        Begin(preToken);
        while (_pairs.TryDequeue(out int at, out long priority))
        {
            int next = _ids[at] == Gone ? _ids.Length : _next[at];
            int rank = (int)(priority >> 32);
            if (next >= preToken.Length || model.RankOf(_ids[at], _ids[next]) != rank)
            {
                continue;
            }
            _ids[at] = model.ResultOf(rank);
            _ids[next] = Gone;
            _next[at] = _next[next];
            if (_next[at] < preToken.Length)
            {
                _previous[_next[at]] = at;
                AddPair(at, _next[at]);
            }
            if (_previous[at] >= 0)
            {
                AddPair(_previous[at], at);
            }
        }
        return Compact(preToken.Length);
    }

    private void Begin(ReadOnlySpan<byte> preToken)
    {
        if (_ids.Length < preToken.Length)
        {
            _ids = new int[preToken.Length];
            _next = new int[preToken.Length];
            _previous = new int[preToken.Length];
        }
        for (int i = 0; i < preToken.Length; i++)
        {
            _ids[i] = model.IdOf(preToken[i]);
            _next[i] = i + 1;
            _previous[i] = i - 1;
        }
        for (int i = 0; i + 1 < preToken.Length; i++)
        {
            AddPair(i, i + 1);
        }
    }

    private void AddPair(int left, int right)
    {
        int rank = model.RankOf(_ids[left], _ids[right]);
        if (rank != int.MaxValue)
        {
            _pairs.Enqueue(left, ((long)rank << 32) | (uint)left);
        }
    }

    private ReadOnlySpan<int> Compact(int length)
    {
        int count = 0;
        for (int at = 0; at < length; at = _next[at])
        {
            _ids[count++] = _ids[at];
        }
        return _ids.AsSpan(0, count);
    }
}
