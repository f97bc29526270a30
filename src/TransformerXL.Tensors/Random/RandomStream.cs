namespace TransformerXL.Tensors.Random;

/// <summary>
/// A sequence of random numbers from <see cref="Philox"/>, named by a seed and a stream number. Its whole state is
/// <see cref="Position"/>, so that a sequence can be resumed anywhere.
/// </summary>
public sealed class RandomStream
{
    private readonly ulong _seed;
    private readonly ulong _stream;

    /// <summary>Creates the sequence at a position.</summary>
    public RandomStream(ulong seed, ulong stream = 0, ulong position = 0)
    {
        _seed = seed;
        _stream = stream;
        Position = position;
    }

    /// <summary>The number of random numbers drawn; each call below draws one.</summary>
    public ulong Position { get; private set; }

    /// <summary>Uniform in [0, 1), 53 random bits.</summary>
    public double NextDouble()
    {
        (uint x0, uint x1, _, _) = Next();
        return ToUnit(x0, x1);
    }

    /// <summary>Normal with mean 0 and variance 1 (Box and Muller 1958).</summary>
    public double NextGaussian()
    {
        (uint x0, uint x1, uint x2, uint x3) = Next();
        double radius = Math.Sqrt(-2 * PortableMath.Log(1 - ToUnit(x0, x1)));
        return radius * PortableMath.Cos(2 * Math.PI * ToUnit(x2, x3));
    }

    /// <summary>Uniform among 0 to <paramref name="limit"/> - 1.</summary>
    public int NextInt(int limit)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        return (int)(NextDouble() * limit);
    }

    private (uint X0, uint X1, uint X2, uint X3) Next()
    {
        ulong position = Position++;
        return Philox.Block(_seed, (uint)position, (uint)(position >> 32), (uint)_stream, (uint)(_stream >> 32));
    }

    private static double ToUnit(uint high, uint low) => ((((ulong)high << 32) | low) >> 11) * (1.0 / (1UL << 53));
}
