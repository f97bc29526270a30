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

    [Fact]
    public void Positions_reach_over_a_long_text() => Assert.True(Plan.PositionsIn(100_000)[^1] > 60_000);

    [Fact]
    public void A_text_without_a_position_is_refused_with_both_numbers() => Assert.Equal(
        "the text has 19 tokens, but a context of 19 needs at least 20; choose a smaller maximum length", Assert.Throws<InputException>(() => Plan.PositionsIn(19)).Message);
}
