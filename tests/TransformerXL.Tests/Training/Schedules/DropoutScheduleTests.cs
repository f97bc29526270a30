using TransformerXL.Models;
using TransformerXL.Training;
using TransformerXL.Training.Schedules;
using Xunit;

namespace TransformerXL.Tests.Training.Schedules;

public sealed class DropoutScheduleTests
{
    private static readonly TransformerXLConfiguration Model = new() { VocabularySize = 1, Dropout = 0.3f, AttentionDropout = 0.2f };

    [Theory]
    [InlineData(1, 0.1f, 0.2f)]
    [InlineData(3, 0.2f, 0.2f)]
    [InlineData(5, 0.3f, 0.2f)]
    [InlineData(1_000_000, 0.3f, 0.2f)]
    public void Dropout_goes_in_equal_parts_from_its_initial_rate_to_that_of_the_model(long step, float hidden, float attention)
    {
        DropoutRates rates = new DropoutSchedule(Model, new TrainingConfiguration { InitialDropout = 0.1f, DropoutSteps = 4 }).RatesAt(step);
        Assert.Equal(hidden, rates.Hidden, 1e-7);
        Assert.Equal(attention, rates.Attention, 1e-7);
    }

    [Fact]
    public void Without_an_initial_rate_dropout_is_that_of_the_model() =>
        Assert.Equal(new DropoutRates(0.3f, 0.2f), new DropoutSchedule(Model, new TrainingConfiguration()).RatesAt(1));
}
