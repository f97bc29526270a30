using TransformerXL.Models;
using TransformerXL.Training;
using Xunit;

namespace TransformerXL.Tests.Training;

public sealed class TrainingMeterTests
{
    [Fact]
    public void The_time_left_counts_the_validations_to_come_as_long_as_the_last_one_took()
    {
        Clock clock = new();
        TrainingMeter meter = new(
            new RunConfiguration { Model = new TransformerXLConfiguration { VocabularySize = 10 }, Context = new ContextConfiguration(), Training = new TrainingConfiguration { Steps = 35, ValidateEvery = 10, ReportEvery = 10 } }, clock);
        meter.Start(0, 0);
        StepReport before = Ten(meter, clock, 10);
        Assert.Equal(TimeSpan.FromSeconds(25), before.Remaining);
        meter.Pause();
        clock.Now += TimeSpan.FromSeconds(40).Ticks;
        meter.ContinueAfterValidation();

        // One step takes a second; after step 20 there are 15 steps and the validations after steps 30 and 35.
        Assert.Equal(TimeSpan.FromSeconds(15 + (2 * 40)), Ten(meter, clock, 20).Remaining);
    }

    private static StepReport Ten(TrainingMeter meter, Clock clock, long last)
    {
        for (long step = last - 9; step < last; step++)
        {
            clock.Now += TimeSpan.TicksPerSecond;
            meter.Add(step, step, 1, 1, 1, 1);
        }

        clock.Now += TimeSpan.TicksPerSecond;
        return meter.Add(last, last, 1, 1, 1, 1)!;
    }

    private sealed class Clock : TimeProvider
    {
        public long Now { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Now;
    }
}
