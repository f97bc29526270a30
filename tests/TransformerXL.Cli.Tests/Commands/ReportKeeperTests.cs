using TransformerXL.Cli.Commands;
using TransformerXL.Testing;
using TransformerXL.Training;

namespace TransformerXL.Cli.Tests.Commands;

/// <summary>When the page of a running training is written.</summary>
public sealed class ReportKeeperTests(TrainedFixture fixture) : IClassFixture<TrainedFixture>, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void The_page_is_written_at_the_first_report_and_then_every_few_seconds()
    {
        Clock clock = new();
        ReportKeeper keeper = new(Copy(), new Nobody(), clock);
        Assert.True(Writes(() => keeper.Report(Step(10))));
        clock.Seconds += 4.9;
        Assert.False(Writes(() => keeper.Report(Step(20))));
        clock.Seconds += 0.2;
        Assert.True(Writes(() => keeper.Report(Step(30))));
        Assert.Contains("http-equiv=\"refresh\"", File.ReadAllText(Page), StringComparison.Ordinal);
        Assert.True(Writes(keeper.Write));
        Assert.DoesNotContain("http-equiv=\"refresh\"", File.ReadAllText(Page), StringComparison.Ordinal);
    }

    [Fact]
    public void A_page_that_takes_long_to_write_is_written_less_often()
    {
        Clock clock = new() { SecondsPerReading = 0.5 };
        ReportKeeper keeper = new(Copy(), new Nobody(), clock);
        keeper.Report(Step(10));
        clock.SecondsPerReading = 0;
        clock.Seconds += 40;
        Assert.False(Writes(() => keeper.Report(Step(20))));
        clock.Seconds += 60;
        Assert.True(Writes(() => keeper.Report(Step(30))));
    }

    public void Dispose() => _folder.Dispose();

    private string Page => _folder["run/report.html"];

    private RunDirectory Copy()
    {
        foreach (string file in (string[])["config.json", "vocabulary.json", "metrics.jsonl"])
        {
            Directory.CreateDirectory(_folder["run"]);
            File.Copy(Path.Combine(fixture.Run, file), _folder["run/" + file], overwrite: true);
        }

        return RunDirectory.Open(_folder["run"]);
    }

    private bool Writes(Action action)
    {
        File.Delete(Page);
        action();
        return File.Exists(Page);
    }

    private static StepReport Step(long step) => new()
    {
        Step = step,
        Steps = 100,
        Epoch = 0,
        TokensSeen = step,
        Loss = 1,
        LearningRate = 1,
        GradientNorm = 1,
        TokensPerSecond = 1,
        Gigaflops = 1,
        Elapsed = TimeSpan.Zero,
        Remaining = TimeSpan.Zero,
    };

    private sealed class Nobody : IProgress<TrainingReport>
    {
        public void Report(TrainingReport value)
        {
        }
    }

    private sealed class Clock : TimeProvider
    {
        public double Seconds { get; set; } = 1000;

        public double SecondsPerReading { get; set; }

        public override long TimestampFrequency => 1000;

        public override long GetTimestamp() => (long)(1000 * (Seconds += SecondsPerReading));
    }
}
