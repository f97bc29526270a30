using TransformerXL.Cli.Commands;
using TransformerXL.Training;

namespace TransformerXL.Cli.Tests.Commands;

public sealed class SlowStepNoteTests
{
    [Fact]
    public void A_step_that_is_longer_than_mpirun_waits_is_told_once()
    {
        ManualClock clock = new();
        using FakeTerminal fake = new(clock: clock);
        List<TrainingReport> reports = [];
        SlowStepNote note = new(fake.Terminal, new Collector(reports));
        Step(10, 5);
        Step(20, 9);
        note.Report(new CheckpointReport { Step = 20, Path = "last" });
        Step(30, 60);
        Assert.Equal("", fake.Error);
        Step(40, 24);
        Step(50, 24);
        Assert.Contains("txl: a step takes 2.4 s, and mpirun kills its processes 2 s after Ctrl+C, before they have saved; 'kill ", fake.Error, StringComparison.Ordinal);
        Assert.Single(fake.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal(6, reports.Count);

        void Step(long step, double seconds)
        {
            clock.Advance(TimeSpan.FromSeconds(seconds));
            note.Report(new StepReport
            {
                Step = step,
                Steps = 100,
                Epoch = 1,
                TokensSeen = 1,
                Loss = 1,
                LearningRate = 1,
                GradientNorm = 1,
                TokensPerSecond = 1,
                Gigaflops = 1,
                Elapsed = default,
                Remaining = default,
            });
        }
    }

    private sealed class Collector(List<TrainingReport> reports) : IProgress<TrainingReport>
    {
        public void Report(TrainingReport value) => reports.Add(value);
    }
}
