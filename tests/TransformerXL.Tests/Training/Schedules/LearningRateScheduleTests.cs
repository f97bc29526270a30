using TransformerXL.Training.Schedules;
using Xunit;

namespace TransformerXL.Tests.Training.Schedules;

public sealed class LearningRateScheduleTests
{
    private static readonly ScheduleOptions Cosine = new() { LearningRate = 1, WarmupSteps = 4, MaxSteps = 12, MinimumRate = 0.5 };

    [Theory]
    [InlineData(1, 0.25)]
    [InlineData(3, 0.75)]
    [InlineData(4, 1)]
    [InlineData(5, 1)]
    [InlineData(9, 0.75)]
    [InlineData(13, 0.5)]
    [InlineData(1_000_000, 0.5)]
    public void Cosine_rises_to_the_rate_falls_to_the_minimum_and_stays_there(long step, double expected) =>
        Assert.Equal(expected, LearningRateSchedule.Create(Cosine).RateAt(step), 1e-15);

    [Theory]
    [InlineData(1, 0.25)]
    [InlineData(4, 1)]
    [InlineData(5, 1)]
    [InlineData(long.MaxValue, 1)]
    public void Constant_rises_to_the_rate_and_stays(long step, double expected) =>
        Assert.Equal(expected, LearningRateSchedule.Create(Cosine with { Kind = ScheduleKind.Constant }).RateAt(step));

    [Theory]
    [InlineData(4, 1)]
    [InlineData(5, 1)]
    [InlineData(9, 0.75)]
    [InlineData(13, 0.5)]
    public void Linear_falls_in_equal_parts_to_the_minimum(long step, double expected) =>
        Assert.Equal(expected, LearningRateSchedule.Create(Cosine with { Kind = ScheduleKind.Linear }).RateAt(step), 1e-15);

    [Theory]
    [InlineData(2, 0.5)]
    [InlineData(4, 1)]
    [InlineData(9, 2.0 / 3)]
    [InlineData(16, 0.5)]
    [InlineData(400, 0.5)]
    public void Inverse_square_root_reaches_the_rate_and_falls_to_the_minimum(long step, double expected) =>
        Assert.Equal(expected, LearningRateSchedule.Create(Cosine with { Kind = ScheduleKind.InverseSquareRoot }).RateAt(step), 1e-15);

    [Fact]
    public void Plateau_falls_when_validations_stop_improving_but_not_in_the_warm_up_nor_below_the_minimum()
    {
        LearningRateSchedule schedule = LearningRateSchedule.Create(Cosine with { Kind = ScheduleKind.Plateau, PlateauPatience = 1, MinimumRate = 0.2 });
        double[] losses = [4, 5, 5, 5, 3, 4, 4, 4, 4, 4, 4], rates = new double[losses.Length];
        for (int i = 0; i < losses.Length; i++)
        {
            schedule.Validated(2 * (i + 1), losses[i]);
            rates[i] = schedule.RateAt((2 * (i + 1)) + 1);
        }

        Assert.Equal([0.75, 1, 0.5, 0.5, 0.5, 0.5, 0.25, 0.25, 0.2, 0.2, 0.2], rates);
    }

    [Fact]
    public void Cosine_never_rises_after_the_warm_up()
    {
        LearningRateSchedule schedule = LearningRateSchedule.Create(Cosine);
        Assert.All(Enumerable.Range(4, 20), step => Assert.True(schedule.RateAt(step + 1) <= schedule.RateAt(step)));
    }

    [Fact]
    public void Every_step_of_a_cosine_to_zero_has_a_rate_above_zero()
    {
        LearningRateSchedule schedule = LearningRateSchedule.Create(Cosine with { MinimumRate = 0 });
        Assert.All(Enumerable.Range(1, 12), step => Assert.True(schedule.RateAt(step) > 0));
    }

    [Fact]
    public void Steps_are_counted_from_one() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => LearningRateSchedule.Create(Cosine).RateAt(0));

    [Fact]
    public void Fields_out_of_range_are_named_with_their_value()
    {
        AssertRefused(Cosine with { LearningRate = double.NaN }, "learning rate is NaN");
        AssertRefused(Cosine with { LearningRate = 0 }, "learning rate is 0");
        AssertRefused(Cosine with { WarmupSteps = -1 }, "warm-up steps is -1");
        AssertRefused(Cosine with { WarmupSteps = 12 }, "warm-up steps is 12");
        AssertRefused(Cosine with { MaxSteps = 0 }, "steps is 0");
        AssertRefused(Cosine with { MinimumRate = 2 }, "minimum learning rate is 2");
        AssertRefused(Cosine with { PlateauFactor = 1 }, "plateau factor is 1");
        AssertRefused(Cosine with { Kind = ScheduleKind.Linear, ReferenceQuirks = true }, "schedule is Linear");
        AssertRefused(Cosine with { Kind = (ScheduleKind)9 }, "schedule is 9");
    }

    private static void AssertRefused(ScheduleOptions options, string reason) => Assert.Contains(
        reason, Assert.Throws<InputException>(() => LearningRateSchedule.Create(options)).Message, StringComparison.Ordinal);
}
