using TransformerXL.Analysis.Context;
using Xunit;

namespace TransformerXL.Tests.Analysis.Context;

/// <summary>Losses are logarithms of small numbers, so that perplexities can be worked out by hand.</summary>
public class EffectiveContextTests
{
    private static readonly int[] Lengths = [10, 20, 30, 40];

    // exp of the losses at four positions.
    private static readonly LossTable Long = Table("long", [8, 4, 2, 2], [2, 8, 2, 2], [2, 2, 1, 2], [2, 2, 1, 2]);
    private static readonly LossTable Short = Table("short", [4, 8, 2, 2], [4, 4, 1, 2], [4, 4, 2, 2], [1, 4, 2, 2]);

    [Fact]
    public void The_length_within_a_group_is_that_of_the_algorithm_done_by_hand()
    {
        IReadOnlyList<ContextLength> found = EffectiveContext.Relative([Long, Short], 0.5);

        // c = 10: b = 4, 4, 2, 2, so T is the first two, exp f(10, 10) = 4.
        // long with 20: min(4, 2), min(4, 8), in the mean sqrt(2 * 4); short with 20: 4, 4.
        AssertGain(10, 20, 4, Math.Sqrt(8), found[0].Gains[0]);
        AssertGain(10, 20, 4, 4, found[1].Gains[0]);

        // c = 20: b = 2, 4, 1, 2, so T is the second and, of the equal first and last, the first: exp f(20, 20) = sqrt(8).
        // long with 30: 2, 2; short with 30: min(2, 4), 4.
        AssertGain(20, 30, Math.Sqrt(8), 2, found[0].Gains[1]);
        AssertGain(20, 30, Math.Sqrt(8), Math.Sqrt(8), found[1].Gains[1]);

        // c = 30: b = 2, 2, 1, 2, so T is the first two: exp f(30, 30) = 2. long with 40: 2, 2; short with 40: 1, min(2, 4).
        AssertGain(30, 40, 2, 2, found[0].Gains[2]);
        AssertGain(30, 40, 2, Math.Sqrt(2), found[1].Gains[2]);

        // long gains up to 30, short not even from 10 to 20; that it gains from 30 to 40 comes too late.
        Assert.Equal((30, false), (found[0].Tokens, found[0].IsAtLeast));
        Assert.Equal((10, false), (found[1].Tokens, found[1].IsAtLeast));
        Assert.Equal(1 - (1 / Math.Sqrt(2)), found[1].Gains[2].Relative, 1e-6);
    }

    [Fact]
    public void All_positions_count_with_a_fraction_of_one()
    {
        // b = 4, 4, 2, 2, of product 64, so exp f(10, 10) = 64^(1/4); short with 20: 4, 4, 1, 2 = 32^(1/4).
        AssertGain(10, 20, Math.Pow(64, 0.25), Math.Pow(32, 0.25), EffectiveContext.Relative([Long, Short], 1)[1].Gains[0]);
    }

    [Fact]
    public void The_number_of_positions_is_rounded_up() =>
        // A tenth of four is one: the first of those with b = 4. long with 20 has 2 there.
        AssertGain(10, 20, 4, 2, EffectiveContext.Relative([Long, Short], 0.1)[0].Gains[0]);

    [Fact]
    public void The_plain_length_looks_at_the_own_perplexity_at_all_positions()
    {
        // Products 128, 64, 8, 8 of long: the gain ends at 30. Products 128, 32, 64, 16 of short: with 30 it loses.
        ContextLength own = EffectiveContext.Plain(Long), other = EffectiveContext.Plain(Short);
        AssertGain(10, 20, Math.Pow(128, 0.25), Math.Pow(64, 0.25), own.Gains[0]);
        Assert.Equal((30, false), (own.Tokens, own.IsAtLeast));
        Assert.Equal(20, other.Tokens);
    }

    [Fact]
    public void A_gain_up_to_the_longest_context_is_told_as_a_lower_bound()
    {
        LossTable table = Table("m", [16], [8], [4], [2]);
        Assert.Equal((40, true), (EffectiveContext.Plain(table).Tokens, EffectiveContext.Plain(table).IsAtLeast));
        Assert.Equal((40, true), (EffectiveContext.Relative([table], 0.1)[0].Tokens, EffectiveContext.Relative([table], 0.1)[0].IsAtLeast));
    }

    [Theory]
    [InlineData(0.0099, 10)]
    [InlineData(0.0101, 20)]
    public void A_gain_counts_from_one_percent_on(double gain, int expected)
    {
        LossTable table = Table("m", [1], [1 - gain], [1 - gain], [1 - gain]);
        Assert.Equal(expected, EffectiveContext.Relative([table], 1)[0].Tokens);
        Assert.Equal(expected, EffectiveContext.Plain(table).Tokens);
    }

    [Fact]
    public void A_model_whose_context_is_cut_to_fifty_has_fifty()
    {
        // Each further ten tokens halve the perplexity of the uncut model; the cut one sees no more than fifty.
        int[] lengths = [.. Enumerable.Range(1, 9).Select(step => step * 10)];
        LossTable Oracle(string name, int cut) => new(name, lengths, 3, [.. lengths.SelectMany(length => Enumerable.Repeat((float)(10 - (Math.Min(length, cut) / 10 * Math.Log(2))), 3))]);
        IReadOnlyList<ContextLength> found = EffectiveContext.Relative([Oracle("cut", 50), Oracle("whole", 70)], 0.5);
        Assert.Equal([50, 70], found.Select(length => length.Tokens));
    }

    [Fact]
    public void Tables_of_other_lengths_are_no_group()
    {
        LossTable other = new("other", [10, 20], 4, new float[8]);
        Assert.Contains("other was measured at 4 positions with contexts of 10, 20 tokens, but long at 4", Assert.Throws<InputException>(() => EffectiveContext.Relative([Long, other], 1)).Message, StringComparison.Ordinal);
    }

    private static void AssertGain(int from, int to, double shortPerplexity, double longPerplexity, ContextGain gain)
    {
        Assert.Equal((from, to), (gain.From, gain.To));
        Assert.Equal(shortPerplexity, Math.Exp(gain.ShortLoss), 1e-5);
        Assert.Equal(longPerplexity, Math.Exp(gain.LongLoss), 1e-5);
        Assert.Equal((shortPerplexity - longPerplexity) / shortPerplexity, gain.Relative, 1e-5);
        Assert.Equal(shortPerplexity - longPerplexity, gain.Perplexity, 1e-5);
    }

    private static LossTable Table(string name, params double[][] perplexities) =>
        new(name, Lengths, perplexities[0].Length, [.. perplexities.SelectMany(row => row).Select(value => (float)Math.Log(value))]);
}
