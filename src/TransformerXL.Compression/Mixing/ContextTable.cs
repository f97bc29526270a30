using System.Runtime.CompilerServices;

namespace TransformerXL.Compression.Mixing;

/// <summary>
/// A hash table from contexts to bit predictions. A bucket of 32 bytes belongs to a context and half a byte: a check of 16 bits and the 15 nodes of the
/// binary tree of the next four bits. A node holds a probability of 12 bits above a count of 4 bits; zero is an unseen node with probability 1/2.
/// </summary>
internal sealed class ContextTable
{
    public const int BucketSize = 16;
    private const int CountLimit = 15;

    private static readonly int[] s_rates = [.. Enumerable.Range(0, 16).Select(n => (int)(65536 / (n + 1.5)))];

    private readonly ushort[] _nodes;
    private readonly int _mask;

    /// <summary>Creates an empty table of 2^bits buckets.</summary>
    public ContextTable(int bits) => (_nodes, _mask) = (new ushort[BucketSize << bits], (1 << bits) - 1);

    /// <summary>The place of the bucket of a context: the node of tree index i, from 1 to 15, is at this place plus i.</summary>
    public int Find(uint hash)
    {
        ushort check = (ushort)((hash & 0xffff) | 1);
        int bucket = (int)((hash * 0x9E3779B1u) >> 6) & _mask;
        int first = bucket * BucketSize, second = (bucket ^ 1) * BucketSize, third = (bucket ^ 2) * BucketSize;
        ushort[] nodes = _nodes;
        if (nodes[first] == check)
        {
            return first;
        }

        if (nodes[second] == check)
        {
            return second;
        }

        if (nodes[third] == check)
        {
            return third;
        }

        int a = nodes[first + 1] & 15, b = nodes[second + 1] & 15, c = nodes[third + 1] & 15;
        int place = a <= b && a <= c ? first : b <= c ? second : third;
        nodes.AsSpan(place, BucketSize).Clear();
        nodes[place] = check;
        return place;
    }

    /// <summary>A node.</summary>
    public int this[int place] => _nodes[place] ^ 0x8000;

    /// <summary>Moves a node towards a bit.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Update(int place, int bit)
    {
        ref ushort node = ref _nodes[place];
        int value = node ^ 0x8000, count = value & 15, p = value >> 4;
        int target = -bit & 4095;
        int next = p + ((((target - p) * s_rates[count]) + 32768) >> 16);
        if (count < CountLimit)
        {
            count++;
        }

        node = (ushort)(((next << 4) | count) ^ 0x8000);
    }
}
