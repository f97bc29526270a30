using System.Text.Json.Serialization;
using TransformerXL.Tensors.Random;

namespace TransformerXL.Training.Batches;

/// <summary>
/// How the length of a segment is drawn: normal around the target length, or now and then around half of it, then limited
/// (<c>get_varlen_iter</c> of the reference, whose constants are the defaults).
/// </summary>
public sealed record VariableLengths
{
    /// <summary>Share of the segments that are drawn around half of the target length.</summary>
    public double HalfShare { get; init; } = 0.05;

    /// <summary>Standard deviation of the length, in tokens.</summary>
    public int Deviation { get; init; } = 5;

    /// <summary>No segment is drawn shorter than this, in tokens.</summary>
    public int Minimum { get; init; } = 5;

    /// <summary>Segments exceed the target length by at most this number of standard deviations.</summary>
    [JsonPropertyName("mostDeviations")]
    public int MaxDeviations { get; init; } = 3;

    /// <summary>Checks every value.</summary>
    /// <exception cref="InputException">A value is outside its allowed range; the message names both.</exception>
    public void Validate()
    {
        const int Maximum = 1 << 15;
        Require.Probability("share of half segments", HalfShare);
        Require.Between("deviation of segment lengths", Deviation, 0, Maximum);
        Require.Between("minimum of segment lengths", Minimum, 1, Maximum);
        Require.Between("most deviations of segment lengths", MaxDeviations, 0, Maximum);
    }

    /// <summary>The longest that can be drawn.</summary>
    internal long Longest(int targetLength) => targetLength + ((long)MaxDeviations * Deviation);

    /// <summary>Draws the length of the next segment; takes two numbers.</summary>
    internal int Draw(RandomStream random, int targetLength)
    {
        double mean = random.NextDouble() < HalfShare ? targetLength / 2.0 : targetLength;
        double length = mean + (Deviation * random.NextGaussian());
        return (int)Math.Min(Math.Max(length, Minimum), Longest(targetLength));
    }
}
