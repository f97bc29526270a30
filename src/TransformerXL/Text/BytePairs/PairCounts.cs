namespace TransformerXL.Text.BytePairs;

/// <summary>
/// The count of each adjacent pair, and the words in which it may occur. The most frequent pair is found with a heap whose entries are
/// upper bounds: a decreased count is corrected when its entry is popped, an increased count gets a new entry.
/// </summary>
internal sealed class PairCounts
{
    private const int End = -1;

    private readonly PairTable _pairs = new(1 << 12);
    private readonly PriorityQueue<int, PairPriority> _heap = new();
    private readonly List<int> _risen = [];
    private readonly List<(int Word, int Next)> _places = [];
    private long[] _counts = [];
    private int[] _heads = [];
    private bool[] _hasRisen = [];
    private int _free = End;

    /// <summary>Changes the count of a pair that occurs, or occurred, in a word.</summary>
    public void Add(int left, int right, long change, int word)
    {
        int pair = _pairs.GetOrAdd(left, right);
        if (pair >= _counts.Length)
        {
            Grow();
        }
        _counts[pair] += change;
        if (change <= 0)
        {
            return;
        }
        if (!_hasRisen[pair])
        {
            _hasRisen[pair] = true;
            _risen.Add(pair);
        }
        if (_heads[pair] == End || _places[_heads[pair]].Word != word)
        {
            _heads[pair] = NewPlace(word, _heads[pair]);
        }
    }

    /// <summary>Makes added counts visible to <see cref="TryTake"/>.</summary>
    public void Settle()
    {
        foreach (int pair in _risen)
        {
            _hasRisen[pair] = false;
            Enqueue(pair);
        }
        _risen.Clear();
    }

    /// <summary>Takes the most frequent pair and the words in which it may occur (in any order, possibly more than once); false if none occurs often enough.</summary>
    public bool TryTake(long minimum, out int left, out int right, List<int> words)
    {
        words.Clear();
        while (_heap.TryDequeue(out int pair, out PairPriority priority))
        {
            (left, right) = _pairs[pair];
            long count = _counts[pair];
            if (count < minimum || priority.Count < count)
            {
                continue;
            }
            if (priority.Count > count)
            {
                Enqueue(pair);
                continue;
            }
            TakePlaces(pair, words);
            return true;
        }
        left = right = -1;
        return false;
    }

    private void Enqueue(int pair)
    {
        (int left, int right) = _pairs[pair];
        _heap.Enqueue(pair, new PairPriority(_counts[pair], left, right));
    }

    private void TakePlaces(int pair, List<int> words)
    {
        int at = _heads[pair];
        _heads[pair] = End;
        while (at != End)
        {
            (int word, int next) = _places[at];
            words.Add(word);
            _places[at] = (word, _free);
            _free = at;
            at = next;
        }
    }

    private int NewPlace(int word, int next)
    {
        if (_free == End)
        {
            _places.Add((word, next));
            return _places.Count - 1;
        }
        int place = _free;
        _free = _places[place].Next;
        _places[place] = (word, next);
        return place;
    }

    private void Grow()
    {
        int old = _counts.Length;
        int size = Math.Max(old * 2, 1 << 12);
        Array.Resize(ref _counts, size);
        Array.Resize(ref _heads, size);
        Array.Resize(ref _hasRisen, size);
        Array.Fill(_heads, End, old, size - old);
    }
}
