namespace TransformerXL.Testing.Oracles;

/// <summary>Dropout whose choice is a function of (seed, step, operation, position).</summary>
/// <param name="Probability">Of an element to become zero.</param>
/// <param name="Seed">The key.</param>
/// <param name="Step">The third word of the counter.</param>
/// <param name="Operation">The fourth word of the counter.</param>
public sealed record DropoutOracle(float Probability, ulong Seed = 0, uint Step = 0, uint Operation = 0)
{
    /// <summary>Drops nothing.</summary>
    public static DropoutOracle None { get; } = new(0f);

    /// <summary>x / (1 - p), or 0.</summary>
    public double Apply(double x, long position) => Probability == 0 ? x : Keeps(position) ? x / (1 - (double)Probability) : 0;

    /// <summary>Applies the mask to a whole tensor.</summary>
    public double[] Apply(double[] x) => [.. x.Select((value, position) => Apply(value, position))];

    /// <summary>Whether the element stays.</summary>
    public bool Keeps(long position) => Bits(position) >= Math.Round(Probability * Math.Pow(2, 32));

    /// <summary>
    /// The random word of a position: 64 neighbours share sixteen counters, and word w of each counter belongs to the
    /// w-th sixteen of them.
    /// </summary>
    public uint Bits(long position)
    {
        long group = position / 64, place = position % 64;
        long counter = (16 * group) + (place % 16);
        uint[] words = PhiloxOracle.Block(
            [(uint)Seed, (uint)(Seed >> 32)], [(uint)counter, (uint)(counter >> 32), Step, Operation]);
        return words[place / 16];
    }
}
