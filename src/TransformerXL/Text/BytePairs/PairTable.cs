using TransformerXL.Files;

namespace TransformerXL.Text.BytePairs;

/// <summary>Numbers pairs of ids 0, 1, 2, ... in the order in which they are added, by hashing with open addressing.</summary>
internal sealed class PairTable
{
    private const int SmallestCapacity = 16;

    // A random odd factor, so that a file cannot be crafted whose pairs all collide. No result depends on it.
    private readonly ulong _factor = RandomBits.Next() | 1;
    private ulong[] _pairs;
    private int[] _places;
    private int _shift;

    public PairTable(int capacity)
    {
        _pairs = new ulong[Math.Max(capacity, SmallestCapacity)];
        _places = [];
        Rehash();
    }

    /// <summary>Pairs added so far.</summary>
    public int Count { get; private set; }

    /// <summary>The pair with a number.</summary>
    public (int Left, int Right) this[int number] => ((int)(_pairs[number] >> 32), (int)_pairs[number]);

    /// <summary>The number of a pair, or -1.</summary>
    public int Find(int left, int right) => _places[PlaceOf(Key(left, right))] - 1;

    /// <summary>The number of a pair; a new pair gets the old value of <see cref="Count"/>.</summary>
    public int GetOrAdd(int left, int right)
    {
        ulong pair = Key(left, right);
        int place = PlaceOf(pair);
        if (_places[place] != 0)
        {
            return _places[place] - 1;
        }
        if (Count == _pairs.Length)
        {
            Array.Resize(ref _pairs, Count * 2);
            Rehash();
            place = PlaceOf(pair);
        }
        _pairs[Count] = pair;
        _places[place] = ++Count;
        return Count - 1;
    }

    private static ulong Key(int left, int right) => ((ulong)(uint)left << 32) | (uint)right;

    private int PlaceOf(ulong pair)
    {
        int place = (int)((pair * _factor) >> _shift);
        while (_places[place] != 0 && _pairs[_places[place] - 1] != pair)
        {
            place = (place + 1) & (_places.Length - 1);
        }
        return place;
    }

    private void Rehash()
    {
        int bits = System.Numerics.BitOperations.Log2((uint)_pairs.Length) + 2;
        _shift = 64 - bits;
        _places = new int[1 << bits];
        for (int number = 0; number < Count; number++)
        {
            _places[PlaceOf(_pairs[number])] = number + 1;
        }
    }
}
