using TransformerXL.Tensors.Cpu;
using TransformerXL.Testing;
using TransformerXL.Tests.Formats.EventLog;
using TransformerXL.Training;
using TransformerXL.Training.Corpora;
using Xunit;

namespace TransformerXL.Tests.Training.Records;

public sealed class RunRecordsTests
{
    [Fact]
    public async Task A_resumed_run_goes_on_in_a_new_event_file_that_voids_the_steps_it_takes_again()
    {
        using Corpus corpus = TinyRun.Corpus();
        using CpuBackend backend = new();
        using TemporaryFolder folder = new();
        string run = folder["run"];
        using CancellationTokenSource stop = new();
        TinyRun.Collector first = new(report =>
        {
            if (report.Step == 13)
            {
                stop.Cancel();
            }
        });
        TrainingResult stopped = await Trainer.Create(TinyRun.Configuration(corpus), corpus, backend, run).RunAsync(first, stop.Token);
        await Trainer.Resume(run, corpus, backend).RunAsync();

        List<EventFileReader.Event>[] parts = [.. EventFiles(run).Select(file => EventFileReader.Read(File.ReadAllBytes(file)))];
        Assert.Equal(2, parts.Length);
        Assert.Equal(1, parts[0].Single(e => e.SessionStatus == 1).Step);
        Assert.Equal(stopped.State.Step + 1, parts[1].Single(e => e.SessionStatus == 1).Step);
        List<EventFileReader.Value> values = [.. parts.SelectMany(part => part).SelectMany(e => e.Values)];
        Assert.Equal(20, values.Count(value => value.Tag == "train/loss"));
        Assert.All((string[])["train/bits_per_character", "train/learning_rate", "train/gradient_norm", "train/tokens_per_second"], tag => Assert.Equal(20, values.Count(value => value.Tag == tag)));
        Assert.Equal(2, values.Count(value => value.Tag == "validation/loss"));
        Assert.All(values.Where(value => value.Tag == "validation/sample"), value => Assert.Equal("text", value.Plugin));
        Assert.Contains(values, value => value.Tag == "validation/sample");
    }

    [Fact]
    public async Task Each_part_of_a_run_tells_its_machine_and_every_step_its_tokens()
    {
        using Corpus corpus = TinyRun.Corpus();
        using CpuBackend backend = new(null, 2);
        using TemporaryFolder folder = new();
        Trainer trainer = Trainer.Create(TinyRun.Configuration(corpus), corpus, backend, folder["run"]);
        await trainer.RunAsync();
        string[] lines = File.ReadAllLines(trainer.Run!.Metrics);
        Assert.StartsWith("{\"kind\":\"start\",\"step\":0,", lines[0], StringComparison.Ordinal);
        Assert.Contains($"\"isa\":\"{backend.Isa}\",\"threads\":2,", lines[0], StringComparison.Ordinal);
        Assert.Contains("\"step\":20,\"steps\":20,\"epoch\":1,\"tokens\":960,", lines.Last(line => line.Contains("\"step\"", StringComparison.Ordinal) && line.Contains("tokens", StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_resumption_of_a_completed_run_leaves_no_trace()
    {
        using Corpus corpus = TinyRun.Corpus();
        using CpuBackend backend = new();
        using TemporaryFolder folder = new();
        await Trainer.Create(TinyRun.Configuration(corpus), corpus, backend, folder["run"]).RunAsync();
        await Trainer.Resume(folder["run"], corpus, backend).RunAsync();
        Assert.Single(EventFiles(folder["run"]));
    }

    private static IEnumerable<string> EventFiles(string run) => Directory.GetFiles(run, "events.out.tfevents.*").Order(StringComparer.Ordinal);
}
