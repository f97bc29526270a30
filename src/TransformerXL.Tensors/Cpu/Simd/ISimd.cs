namespace TransformerXL.Tensors.Cpu.Simd;

/// <summary>
/// The arithmetic of one vector width, so that a kernel is written once and runs as scalar, 128-, 256- and 512-bit code:
/// the just-in-time compiler makes a copy of the kernel for each width and inlines these methods into it.
/// </summary>
/// <typeparam name="TVector">A vector of <see cref="Count"/> floats.</typeparam>
internal unsafe interface ISimd<TVector> where TVector : unmanaged
{
    /// <summary>Floats in a vector.</summary>
    static abstract int Count { get; }

    static abstract TVector Zero { get; }

    static abstract TVector Broadcast(float value);

    static abstract TVector Load(float* source);

    static abstract void Store(float* destination, TVector value);

    /// <summary>Loads as many bfloat16, the upper halves of floats.</summary>
    static abstract TVector LoadBfloat16(ushort* source);

    /// <summary>Stores the upper halves of words: as many bfloat16.</summary>
    static abstract void StoreBfloat16(ushort* destination, TVector words);

    /// <summary>The bfloat16 in the upper half of each word.</summary>
    static abstract TVector UpperBfloat16(TVector words);

    /// <summary>The bfloat16 in the lower half of each word.</summary>
    static abstract TVector LowerBfloat16(TVector words);

    /// <summary>
    /// Words of two bfloat16. A value is rounded to one of its two neighbours, to the nearer one with the larger probability, so that the mean of many roundings is the value (Gupta et al. 2015). The random bits are a
    /// function of both values, the seed and the lane: <see cref="Rounding"/>.
    /// </summary>
    static abstract TVector JoinBfloat16(TVector upper, TVector lower, uint seed);

    /// <summary>Rounds values in the same way to float32 whose lowest bits, those of <paramref name="lost"/>, are zero.</summary>
    static abstract TVector Shorten(TVector values, uint lost, uint seed);

    /// <summary>Words of two numbers of 8 bits in their upper halves: <see cref="Float8Pair"/>.</summary>
    static abstract TVector JoinFloat8(TVector signed, TVector positive);

    /// <summary>The first of both numbers.</summary>
    static abstract TVector FirstFloat8(TVector words);

    /// <summary>The second of both numbers, which is not negative.</summary>
    static abstract TVector SecondFloat8(TVector words);

    /// <summary>Loads the first <paramref name="count"/> lanes, fewer than a whole vector; the others are zero.</summary>
    static abstract TVector LoadPartial(float* source, int count);

    /// <summary>Stores the first <paramref name="count"/> lanes, fewer than a whole vector.</summary>
    static abstract void StorePartial(float* destination, TVector value, int count);

    static abstract TVector Add(TVector a, TVector b);

    static abstract TVector Subtract(TVector a, TVector b);

    static abstract TVector Multiply(TVector a, TVector b);

    static abstract TVector Divide(TVector a, TVector b);

    /// <summary>a * b + c, rounded once.</summary>
    static abstract TVector MultiplyAdd(TVector a, TVector b, TVector c);

    /// <summary>The larger lanes; those of <paramref name="b"/> where either is NaN.</summary>
    static abstract TVector Max(TVector a, TVector b);

    /// <summary>The smaller lanes; those of <paramref name="b"/> where either is NaN.</summary>
    static abstract TVector Min(TVector a, TVector b);

    static abstract TVector Sqrt(TVector a);

    /// <summary>Rounds to the nearest whole number, halves to even.</summary>
    static abstract TVector Round(TVector a);

    /// <summary><paramref name="value"/> where <paramref name="a"/> is above zero, else zero.</summary>
    static abstract TVector WhereAboveZero(TVector a, TVector value);

    /// <summary><paramref name="value"/> where the random bits are at or above the threshold (unsigned), else zero.</summary>
    static abstract TVector WhereAtLeast(uint* bits, uint threshold, TVector value);

    /// <summary>2 to the power of a whole number between -126 and 127.</summary>
    static abstract TVector PowerOfTwo(TVector wholeNumber);

    /// <summary>The sum of the lanes: the upper half is added to the lower half until one number is left.</summary>
    static abstract float Sum(TVector a);

    /// <summary>The largest lane.</summary>
    static abstract float MaxAcross(TVector a);
}
