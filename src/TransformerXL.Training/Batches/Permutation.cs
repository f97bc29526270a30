using TransformerXL.Tensors.Random;

namespace TransformerXL.Training.Batches;

/// <summary>
/// A random order of <c>0 .. count-1</c> that takes no memory: a Feistel network on the pairs (i mod a, i / a) with a b &gt;= count
/// (Black and Rogaway 2002, "Ciphers with arbitrary finite domains"), its function from <see cref="Philox"/>. The few
/// pairs that are not below count are sent through again until they are.
/// </summary>
internal readonly struct Permutation
{
    private const int Rounds = 6;
    private const uint Purpose = 0x7065726D;
    private readonly long _count, _a, _b;
    private readonly ulong _seed;
    private readonly uint _number;

    /// <summary>The order with a number, such as that of an epoch, under a seed.</summary>
    public Permutation(long count, ulong seed, uint number)
    {
        (_count, _seed, _number) = (count, seed, number);
        _a = Math.Max(1, (long)Math.Ceiling(Math.Sqrt(count)));
        _b = (count + _a - 1) / _a;
    }

    /// <summary>The element at a position of the order.</summary>
    public long At(long place)
    {
        do
        {
            place = Mix(place);
        }
        while (place >= _count);
        return place;
    }

    private long Mix(long value)
    {
        long left = value % _a, right = value / _a;
        for (uint round = 0; round < Rounds; round += 2)
        {
            left = (left + Random(right, round, _a)) % _a;
            right = (right + Random(left, round + 1, _b)) % _b;
        }

        return (right * _a) + left;
    }

    private long Random(long value, uint round, long limit)
    {
        (uint high, uint low, _, _) = Philox.Block(_seed, (uint)value, round, _number, Purpose);
        return (long)((((ulong)high << 32) | low) % (ulong)limit);
    }
}
