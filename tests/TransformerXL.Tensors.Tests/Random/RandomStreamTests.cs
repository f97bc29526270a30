using TransformerXL.Tensors.Random;
using Xunit;

namespace TransformerXL.Tensors.Tests.Random;

public sealed class RandomStreamTests
{
    private const int Draws = 200_000;

    [Fact]
    public void Uniform_numbers_lie_in_the_unit_interval_with_its_mean_and_variance()
    {
        RandomStream stream = new(1);
        double[] values = [.. Enumerable.Range(0, Draws).Select(_ => stream.NextDouble())];
        Assert.All(values, value => Assert.InRange(value, 0, 1 - 1e-16));
        Assert.Equal(0.5, values.Average(), 5 * Math.Sqrt(1.0 / 12 / Draws));
        Assert.Equal(1.0 / 12, values.Average(value => (value - 0.5) * (value - 0.5)), 2e-3);
    }

    [Fact]
    public void Normal_numbers_have_the_moments_of_the_normal_distribution()
    {
        RandomStream stream = new(2);
        double[] values = [.. Enumerable.Range(0, Draws).Select(_ => stream.NextGaussian())];
        Assert.Equal(0, values.Average(), 5 / Math.Sqrt(Draws));
        Assert.Equal(1, values.Average(value => value * value), 5 * Math.Sqrt(2.0 / Draws));
        Assert.Equal(3, values.Average(value => Math.Pow(value, 4)), 5 * Math.Sqrt(96.0 / Draws));
    }

    [Fact]
    public void Whole_numbers_reach_every_value_below_the_limit_equally_often()
    {
        RandomStream stream = new(3);
        int[] counts = new int[7];
        for (int i = 0; i < Draws; i++)
        {
            counts[stream.NextInt(7)]++;
        }

        Assert.All(counts, count => Assert.Equal(Draws / 7.0, count, 5 * Math.Sqrt(Draws / 7.0)));
    }

    [Fact]
    public void A_stream_can_be_taken_up_again_at_its_position()
    {
        RandomStream stream = new(4, 5);
        for (int i = 0; i < 10; i++)
        {
            stream.NextGaussian();
        }

        RandomStream again = new(4, 5, stream.Position);
        Assert.Equal(stream.NextDouble(), again.NextDouble());
        Assert.Equal(11ul, again.Position);
    }

    [Fact]
    public void Other_streams_and_seeds_give_other_numbers() =>
        Assert.Equal(3, new[] { new RandomStream(1), new RandomStream(2), new RandomStream(1, 1) }.Select(stream => stream.NextDouble()).Distinct().Count());

    [Fact]
    public void A_limit_below_one_is_refused() => Assert.Throws<ArgumentOutOfRangeException>(() => new RandomStream(1).NextInt(0));
}
