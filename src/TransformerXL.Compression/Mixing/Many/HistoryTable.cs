namespace TransformerXL.Compression.Mixing.Many;

/// <summary>
/// A hash table from contexts to what followed them. A bucket of 48 bytes belongs to a context and half a byte: a check of 12 bits above the length of the run, the byte of the run, and for each
/// of the 15 nodes of the binary tree of four bits a probability of 16 bits and a <see cref="BitHistory"/>. A run is the byte that followed the context last, as often in a row as its length says.
/// </summary>
internal sealed class HistoryTable
{
    /// <summary>Bytes of a bucket.</summary>
    public const int BucketBytes = 2 * BucketSize;

    private const int BucketSize = 24, Histories = 16, MaxRun = 15;

    private readonly ushort[] _words;
    private readonly int _mask;

    /// <summary>Creates an empty table of 2^bits buckets.</summary>
    public HistoryTable(int bits) => (_words, _mask) = (new ushort[BucketSize << bits], (1 << bits) - 1);

    /// <summary>The place of the bucket of a context; an empty bucket if it has none yet.</summary>
    public int Find(ulong hash)
    {
        int check = (int)(hash >> 52) | 1, bucket = (int)(hash >> 8) & _mask;
        int first = bucket * BucketSize, second = (bucket ^ 1) * BucketSize, third = (bucket ^ 2) * BucketSize;
        ushort[] words = _words;
        if (words[first] >> 4 == check)
        {
            return first;
        }

        if (words[second] >> 4 == check)
        {
            return second;
        }

        if (words[third] >> 4 == check)
        {
            return third;
        }

        int a = Priority(first), b = Priority(second), c = Priority(third);
        int place = a <= b && a <= c ? first : b <= c ? second : third;
        words.AsSpan(place, BucketSize).Clear();
        words[place] = (ushort)(check << 4);
        return place;
    }

    /// <summary>The probability of a 1 after a node, in units of 1/65536.</summary>
    public int Probability(int bucket, int node) => _words[bucket + node] ^ 0x8000;

    /// <summary>The history of a node, from 1 to 15.</summary>
    public int History(int bucket, int node) => (_words[bucket + Histories + (node >> 1)] >> ((node & 1) << 3)) & 255;

    /// <summary>Sets a node.</summary>
    public void Set(int bucket, int node, int probability, int history)
    {
        _words[bucket + node] = (ushort)(probability ^ 0x8000);
        SetByte(bucket, node, history);
    }

    /// <summary>The byte that followed last and how often in a row, up to 15; a length of 0 if nothing followed yet.</summary>
    public (int Byte, int Length) Run(int bucket) => (_words[bucket + Histories] & 255, _words[bucket] & MaxRun);

    /// <summary>Takes in the byte that followed.</summary>
    public void AddToRun(int bucket, byte value)
    {
        (int last, int length) = Run(bucket);
        length = last == value ? Math.Min(length + 1, MaxRun) : 1;
        _words[bucket] = (ushort)((_words[bucket] & ~MaxRun) | length);
        SetByte(bucket, 0, value);
    }

    private void SetByte(int bucket, int index, int value)
    {
        ref ushort word = ref _words[bucket + Histories + (index >> 1)];
        int shift = (index & 1) << 3;
        word = (ushort)((word & ~(255 << shift)) | (value << shift));
    }

    private int Priority(int bucket) => BitHistory.Total(History(bucket, 1));
}
