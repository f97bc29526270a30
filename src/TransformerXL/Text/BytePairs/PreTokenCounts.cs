namespace TransformerXL.Text.BytePairs;

/// <summary>Counts distinct pre-tokens in bounded memory. Which counts are dropped depends only on the order of the text.</summary>
internal sealed class PreTokenCounts(int maxCount)
{
    private const int AverageBytes = 16;
    private const int SmallestCapacity = 1 << 10;

    private readonly PreTokenHash _hash = new();
    private readonly long _maxBytes = Math.Max((long)maxCount * AverageBytes, 2 * BytePairLimits.TrainedPreTokenBytes);
    private byte[] _bytes = new byte[SmallestCapacity * AverageBytes];
    private int[] _starts = new int[SmallestCapacity + 1];
    private long[] _counts = new long[SmallestCapacity];
    private uint[] _hashes = new uint[SmallestCapacity];
    private int[] _places = new int[SmallestCapacity * 2];

    /// <summary>Number of distinct pre-tokens in memory.</summary>
    public int Count { get; private set; }

    public ReadOnlySpan<byte> PreToken(int number) => _bytes.AsSpan(_starts[number].._starts[number + 1]);

    public long CountOf(int number) => _counts[number];

    public void Add(ReadOnlySpan<byte> preToken)
    {
        uint hash = _hash.Of(preToken);
        int place = (int)hash & (_places.Length - 1);
        while (_places[place] != 0)
        {
            int number = _places[place] - 1;
            if (_hashes[number] == hash && preToken.SequenceEqual(PreToken(number)))
            {
                _counts[number]++;
                return;
            }
            place = (place + 1) & (_places.Length - 1);
        }
        if (Count == maxCount || (long)_starts[Count] + preToken.Length > _maxBytes)
        {
            ForgetRare();
        }
        Insert(preToken, hash);
    }

    private void Insert(ReadOnlySpan<byte> preToken, uint hash)
    {
        if (Count == _counts.Length)
        {
            Array.Resize(ref _starts, (Count * 2) + 1);
            Array.Resize(ref _counts, Count * 2);
            Array.Resize(ref _hashes, Count * 2);
            _places = new int[Count * 4];
            Rehash();
        }
        int start = _starts[Count];
        if (start + preToken.Length > _bytes.Length)
        {
            Array.Resize(ref _bytes, (int)Math.Min(Math.Max(_bytes.Length * 2L, start + preToken.Length), Array.MaxLength));
        }
        preToken.CopyTo(_bytes.AsSpan(start));
        _starts[Count + 1] = start + preToken.Length;
        _hashes[Count] = hash;
        _counts[Count] = 1;
        Place(Count++);
    }

    private void ForgetRare()
    {
        long max = 1;
        while (!LeavesHalf(max))
        {
            max *= 2;
        }
        int kept = 0;
        for (int number = 0; number < Count; number++)
        {
            if (_counts[number] <= max)
            {
                continue;
            }
            ReadOnlySpan<byte> preToken = PreToken(number);
            int end = _starts[kept] + preToken.Length;
            preToken.CopyTo(_bytes.AsSpan(_starts[kept]));
            _counts[kept] = _counts[number];
            _hashes[kept] = _hashes[number];
            _starts[++kept] = end;
        }
        Count = kept;
        Array.Clear(_places);
        Rehash();
    }

    private bool LeavesHalf(long max)
    {
        int count = 0;
        long bytes = 0;
        for (int number = 0; number < Count; number++)
        {
            bool stays = _counts[number] > max;
            count += stays ? 1 : 0;
            bytes += stays ? _starts[number + 1] - _starts[number] : 0;
        }
        return count <= maxCount / 2 && bytes <= _maxBytes / 2;
    }

    private void Rehash()
    {
        for (int number = 0; number < Count; number++)
        {
            Place(number);
        }
    }

    private void Place(int number)
    {
        int place = (int)_hashes[number] & (_places.Length - 1);
        while (_places[place] != 0)
        {
            place = (place + 1) & (_places.Length - 1);
        }
        _places[place] = number + 1;
    }
}
