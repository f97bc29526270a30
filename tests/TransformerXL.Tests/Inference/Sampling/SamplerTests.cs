using TransformerXL.Inference.Sampling;
using Xunit;

namespace TransformerXL.Tests.Inference.Sampling;

public sealed class SamplerTests
{
    private const int Grid = 1600;

    /// <summary>Probabilities 1/16, 8/16, 4/16, 2/16, 1/16 by weight; the logits carry an offset that must not matter.</summary>
    private static readonly float[] Logits = [.. new[] { 1.0, 8, 4, 2, 1 }.Select(weight => (float)(Math.Log(weight) + 50))];

    [Fact]
    public void Without_filters_each_token_is_drawn_as_often_as_its_probability() =>
        AssertShares(new SamplingOptions { Temperature = 1 }, [1, 8, 4, 2, 1]);

    [Fact]
    public void Temperature_one_half_squares_the_weights() =>
        AssertShares(new SamplingOptions { Temperature = 0.5 }, [1, 64, 16, 4, 1]);

    [Fact]
    public void Temperature_zero_always_takes_the_likeliest() =>
        AssertShares(new SamplingOptions { Temperature = 0 }, [0, 1, 0, 0, 0]);

    [Fact]
    public void A_tiny_temperature_takes_the_likeliest_and_overflows_nowhere() =>
        AssertShares(new SamplingOptions { Temperature = double.Epsilon }, [0, 1, 0, 0, 0]);

    [Theory]
    [InlineData(1, new double[] { 0, 1, 0, 0, 0 })]
    [InlineData(3, new double[] { 0, 8, 4, 2, 0 })]
    [InlineData(4, new double[] { 1, 8, 4, 2, 0 })]
    [InlineData(99, new double[] { 1, 8, 4, 2, 1 })]
    public void Top_k_keeps_the_likeliest_and_of_equal_ones_the_lowest_ids(int k, double[] weights) =>
        AssertShares(new SamplingOptions { Temperature = 1, TopK = k }, weights);

    [Theory]
    [InlineData(0.01, new double[] { 0, 1, 0, 0, 0 })]
    [InlineData(0.6, new double[] { 0, 8, 4, 0, 0 })]
    [InlineData(0.76, new double[] { 0, 8, 4, 2, 0 })]
    [InlineData(0.9, new double[] { 1, 8, 4, 2, 0 })]
    [InlineData(0.99, new double[] { 1, 8, 4, 2, 1 })]
    public void Top_p_keeps_the_fewest_that_reach_the_probability(double p, double[] weights) =>
        AssertShares(new SamplingOptions { Temperature = 1, TopP = p }, weights);

    [Theory]
    [InlineData(0.13, new double[] { 0, 8, 4, 2, 0 })]
    [InlineData(0.24, new double[] { 0, 8, 4, 2, 0 })]
    [InlineData(0.3, new double[] { 0, 8, 4, 0, 0 })]
    [InlineData(1, new double[] { 0, 1, 0, 0, 0 })]
    public void Min_p_keeps_those_near_enough_to_the_likeliest(double p, double[] weights) =>
        AssertShares(new SamplingOptions { Temperature = 1, MinP = p }, weights);

    [Fact]
    public void Top_p_measures_what_top_k_left()
    {
        // Of 8, 4 the first has 8/12 = 0.67; of all it has 0.5.
        AssertShares(new SamplingOptions { Temperature = 1, TopK = 2, TopP = 0.6 }, [0, 1, 0, 0, 0]);
        AssertShares(new SamplingOptions { Temperature = 1, TopP = 0.6 }, [0, 8, 4, 0, 0]);
    }

    [Fact]
    public void Top_p_measures_what_the_temperature_made()
    {
        // Squared weights: 64 / 86 = 0.74.
        AssertShares(new SamplingOptions { Temperature = 0.5, TopP = 0.7 }, [0, 1, 0, 0, 0]);
    }

    [Fact]
    public void All_filters_together_keep_what_each_of_them_keeps() =>
        AssertShares(new SamplingOptions { Temperature = 1, TopK = 4, TopP = 0.99, MinP = 0.2 }, [0, 8, 4, 2, 0]);

    [Fact]
    public void An_excluded_token_is_never_drawn() => AssertShares(new SamplingOptions { Temperature = 1 }, [1, 0, 4, 2, 1], excluded: 1);

    [Fact]
    public void Tokens_at_minus_infinity_are_never_drawn()
    {
        var sampler = new Sampler(new SamplingOptions { TopK = 3, TopP = 0.999 }, 3);
        float[] logits = [float.NegativeInfinity, 0, float.NegativeInfinity];
        Assert.All(Enumerable.Range(0, 10), i => Assert.Equal(1, sampler.Next([.. logits], i / 10.0)));
    }

    [Fact]
    public void Equal_logits_at_temperature_zero_give_the_lowest_id() =>
        Assert.Equal(1, new Sampler(new SamplingOptions { Temperature = 0 }, 4).Next([1, 2, 2, 2], 0.9));

    [Fact]
    public void The_penalty_divides_positive_and_multiplies_negative_logits_once_for_each_token()
    {
        float[] logits = [2, -2, 2, -2];
        var sampler = new Sampler(new SamplingOptions { Temperature = 0, RepetitionPenalty = 2 }, 4);
        sampler.Observe(0);
        sampler.Observe(0);
        sampler.Observe(1);
        Assert.Equal(2, sampler.Next(logits, 0));
        Assert.Equal([1, -4, 2, -2], logits);
    }

    [Fact]
    public void Drawn_tokens_are_penalised_until_they_leave_the_window()
    {
        var sampler = new Sampler(new SamplingOptions { Temperature = 0, RepetitionPenalty = 10, RepetitionWindow = 2 }, 3);
        int[] drawn = [.. Enumerable.Range(0, 7).Select(_ => sampler.Next([3, 2, 1], 0))];
        Assert.Equal([0, 1, 2, 0, 1, 2, 0], drawn);
    }

    [Fact]
    public void Reset_forgets_what_was_drawn()
    {
        var sampler = new Sampler(new SamplingOptions { Temperature = 0, RepetitionPenalty = 10 }, 2);
        Assert.Equal(0, sampler.Next([3, 2], 0));
        sampler.Reset();
        Assert.Equal(0, sampler.Next([3, 2], 0));
        Assert.Equal(1, sampler.Next([3, 2], 0));
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void A_damaged_logit_is_reported_with_its_token(float damaged)
    {
        var sampler = new Sampler(new SamplingOptions(), 3);
        Assert.Contains("token 1", Assert.Throws<ArithmeticException>(() => sampler.Next([0, damaged, 0], 0.5)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_to_draw_from_is_an_error()
    {
        var sampler = new Sampler(new SamplingOptions(), 1, excludedToken: 0);
        Assert.Throws<ArithmeticException>(() => sampler.Next([0], 0.5));
    }

    [Theory]
    [InlineData(1.0)]
    [InlineData(-0.1)]
    [InlineData(double.NaN)]
    public void A_uniform_number_out_of_range_is_refused(double uniform) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new Sampler(new SamplingOptions(), 2).Next([0, 0], uniform));

    [Fact]
    public void Another_number_of_logits_is_refused() =>
        Assert.Throws<ArgumentException>(() => new Sampler(new SamplingOptions(), 2).Next([0, 0, 0], 0));

    [Fact]
    public void The_kept_tokens_are_those_of_a_complete_sort()
    {
        var random = new Random(7);
        for (int round = 0; round < 300; round++)
        {
            int size = random.Next(1, 60);
            float[] logits = [.. Enumerable.Range(0, size).Select(_ => (float)random.Next(-6, 6) / 2)];
            var options = new SamplingOptions { Temperature = 1, TopK = random.Next(0, size + 2), TopP = 1 - (random.NextDouble() * 0.9), MinP = random.NextDouble() * 0.5 };
            var sampler = new Sampler(options, size);
            HashSet<int> kept = KeptBySorting(logits, options);
            Assert.All(Enumerable.Range(0, 50), i => Assert.Contains(sampler.Next([.. logits], i / 50.0), kept));
            Assert.Equal(kept.Min(), sampler.Next([.. logits], 0));
            Assert.Equal(kept.Max(), sampler.Next([.. logits], Math.BitDecrement(1.0)));
        }
    }

    [Fact]
    public void Drawing_allocates_nothing()
    {
        var sampler = new Sampler(new SamplingOptions { TopK = 40, TopP = 0.9, MinP = 0.01, RepetitionPenalty = 1.1 }, 1000, 3);
        float[] logits = [.. Enumerable.Range(0, 1000).Select(i => (float)Math.Sin(i))];
        sampler.Next(logits, 0.5);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
        {
            sampler.Next(logits, i / 100.0);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void Options_out_of_range_are_named_with_their_value()
    {
        AssertRefused(new SamplingOptions { Temperature = -1 }, "Temperature is -1");
        AssertRefused(new SamplingOptions { Temperature = double.NaN }, "Temperature is NaN");
        AssertRefused(new SamplingOptions { TopK = -1 }, "TopK is -1");
        AssertRefused(new SamplingOptions { TopP = 0 }, "TopP is 0");
        AssertRefused(new SamplingOptions { MinP = 1.5 }, "MinP is 1.5");
        AssertRefused(new SamplingOptions { RepetitionPenalty = 0 }, "RepetitionPenalty is 0");
        AssertRefused(new SamplingOptions { RepetitionWindow = -1 }, "RepetitionWindow is -1");
    }

    private static void AssertRefused(SamplingOptions options, string reason) =>
        Assert.Contains(reason, Assert.Throws<InputException>(options.Validate).Message, StringComparison.Ordinal);

    /// <summary>Draws with an even grid of uniform numbers: each token must come up for its share of the grid, to one point at either border.</summary>
    private static void AssertShares(SamplingOptions options, double[] weights, int? excluded = null)
    {
        var sampler = new Sampler(options, Logits.Length, excluded);
        int[] drawn = new int[Logits.Length];
        for (int i = 0; i < Grid; i++)
        {
            drawn[sampler.Next([.. Logits], (i + 0.5) / Grid)]++;
        }

        Assert.All(weights.Index(), weight => Assert.InRange(
            drawn[weight.Index],
            weight.Item == 0 ? 0 : (weight.Item * Grid / weights.Sum()) - 1,
            weight.Item == 0 ? 0 : (weight.Item * Grid / weights.Sum()) + 1));
    }

    private static HashSet<int> KeptBySorting(float[] logits, SamplingOptions options)
    {
        (int Token, double Weight)[] ranked = [.. logits.Index().OrderByDescending(pair => pair.Item).Select(pair => (pair.Index, Math.Exp(pair.Item - logits.Max())))];
        if (options.TopK > 0)
        {
            ranked = [.. ranked.Take(options.TopK)];
        }

        double total = ranked.Sum(pair => pair.Weight);
        int fewest = Enumerable.Range(1, ranked.Length).FirstOrDefault(n => ranked.Take(n).Sum(pair => pair.Weight) >= options.TopP * total, ranked.Length);
        return [.. ranked.Take(fewest).Where(pair => pair.Weight >= options.MinP).Select(pair => pair.Token)];
    }
}
