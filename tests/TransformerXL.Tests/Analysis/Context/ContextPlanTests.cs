using TransformerXL.Analysis.Context;
using Xunit;

namespace TransformerXL.Tests.Analysis.Context;

public class ContextPlanTests
{
    private static readonly ContextPlan Plan = new() { Start = 4, Delta = 5, Maximum = 20, Positions = 40 };

    [Fact]
    public void Lengths_go_from_start_by_delta_to_at_most_the_most() => Assert.Equal([4, 9, 14, 19], Plan.Lengths);

    [Theory]
    [InlineData(20, 1)]
    [InlineData(30, 11)]
    [InlineData(59, 40)]
    [InlineData(100, 40)]
    [InlineData(240, 40)]
    [InlineData(100_000, 40)]
    public void Positions_are_different_ones_with_the_longest_context_before_them(long tokens, int expected)
    {
        IReadOnlyList<long> positions = Plan.PositionsIn(tokens);
        Assert.Equal(expected, positions.Count);
        Assert.Equal(positions.Distinct().Order(), positions);
        Assert.All(positions, position => Assert.InRange(position, 19, tokens - 1));
    }

    [Theory]
    [InlineData(100_000)]
    [InlineData(20_000)]
    public void Positions_are_at_all_places_of_a_period_that_divides_the_difference(long tokens)
    {
        // 512 positions in rows of 16: 32 rows, whose places in a period of 8 are independent.
        ContextPlan plan = new() { Start = 32, Delta = 32, Maximum = 256, Positions = 512 };
        int[] places = [.. plan.PositionsIn(tokens).GroupBy(position => position % 8).Select(place => place.Count())];
        Assert.True(places.Length >= 6 && places.Max() < 512 / 2, string.Join(" ", places));
        Assert.Equal(plan.PositionsIn(tokens), plan.PositionsIn(tokens));
    }

    [Fact]
    public void Positions_reach_over_a_long_text() => Assert.True(Plan.PositionsIn(100_000)[^1] > 60_000);

    [Fact]
    public void A_text_without_a_position_is_refused_with_both_numbers() => Assert.Equal(
        "the text has 19 tokens, but a context of 19 needs at least 20; choose a smaller maximum length", Assert.Throws<InputException>(() => Plan.PositionsIn(19)).Message);
}
