using System.Globalization;
using System.Text;
using System.Xml.Linq;
using TransformerXL.Analysis.Reports;
using TransformerXL.Data;
using TransformerXL.Tensors.Kernels;
using TransformerXL.Testing;
using TransformerXL.Tests.Training;
using TransformerXL.Training;
using Xunit;

namespace TransformerXL.Tests.Analysis.Reports;

public sealed class RunReportTests
{
    [Fact]
    public async Task A_trained_run_has_curves_samples_configuration_and_machine()
    {
        using Corpus corpus = TinyRun.Corpus();
        using CpuBackend backend = new(null, 2);
        using TemporaryFolder folder = new();
        Trainer trainer = Trainer.Create(TinyRun.Configuration(corpus), corpus, backend, folder["run"]);
        TrainingResult result = await trainer.RunAsync();
        XElement page = Pages.Parse(File.ReadAllText(RunReport.Write(trainer.Run!)));
        Pages.AssertSelfContained(page);
        Assert.Equal(["Loss", "Training", "Samples", "Configuration", "Machine"], page.Descendants("h2").Select(heading => heading.Value));
        Assert.Equal(7, page.Descendants("figure").Count());
        Assert.Equal(2, page.Descendants("pre").Count());
        string best = string.Create(CultureInfo.InvariantCulture, $"The best validation loss is {result.State.BestValidationLoss:0.000} nats per token");
        Assert.Contains(best, page.Value, StringComparison.Ordinal);
        Assert.Contains($"at step {result.State.BestStep}.", page.Value, StringComparison.Ordinal);
        Assert.Equal("24", Fact(page, "modelSize"));
        Assert.Equal(backend.Isa.ToString(), Fact(page, "instruction set"));
        Assert.Equal("2", Fact(page, "threads"));
    }

    [Fact]
    public void A_log_that_a_kill_cut_off_gives_all_that_is_whole_and_no_complaint()
    {
        using TemporaryFolder folder = new();
        RunDirectory run = Run(folder, Step(10, 4) + Step(20, 3) + "{\"kind\":\"step\",\"step\":30,\"lo");
        XElement page = Pages.Parse(File.ReadAllText(RunReport.Write(run)));
        Assert.Contains("20 of 20 steps", page.Value, StringComparison.Ordinal);
        Assert.Contains("Training loss fell from 4 to 3", page.Value, StringComparison.Ordinal);
        Assert.DoesNotContain("could not be read", page.Value, StringComparison.Ordinal);
    }

    [Fact]
    public void Damaged_lines_in_the_middle_are_passed_over_and_counted()
    {
        using TemporaryFolder folder = new();
        RunDirectory run = Run(folder, Step(10, 4) + "\0\0\u0001\n{}\n[]\n{\"kind\":3,\"step\":\"x\"}\n" + new string('[', 100) + "\n" + Step(20, 3));
        Assert.Contains("5 lines of metrics.jsonl could not be read", Pages.Parse(File.ReadAllText(RunReport.Write(run))).Value, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_that_has_not_begun_has_a_page_too()
    {
        using TemporaryFolder folder = new();
        RunDirectory run = Run(folder, null);
        Assert.Contains("No step has been reported yet.", Pages.Parse(File.ReadAllText(RunReport.Write(run))).Value, StringComparison.Ordinal);
    }

    [Fact]
    public void The_page_of_a_long_run_is_below_two_megabytes_and_keeps_the_extremes()
    {
        using TemporaryFolder folder = new();
        StringBuilder log = new();
        Random random = new(1);
        for (int i = 1; i <= 100_000; i++)
        {
            log.Append(Step(i, i == 77_777 ? 99.25 : 1 + random.NextDouble()));
            if (i % 50 == 0)
            {
                log.Append(CultureInfo.InvariantCulture, $"{{\"kind\":\"validation\",\"step\":{i},\"loss\":{1 + random.NextDouble()},\"sample\":\"{new string('&', 3000)}\"}}\n");
            }
        }

        string page = File.ReadAllText(RunReport.Write(Run(folder, log.ToString())));
        Assert.InRange(Encoding.UTF8.GetByteCount(page), 100_000, 2_000_000);
        XElement parsed = Pages.Parse(page);
        Assert.Contains("99.25", parsed.Descendants("td").Select(cell => cell.Value));
        Assert.Contains("Each point is the mean of 256 reports", parsed.Value, StringComparison.Ordinal);
    }

    [Fact]
    public void Lines_of_any_length_are_read_whole_and_too_long_ones_reported()
    {
        List<(int? Length, bool IsWhole)> lines = [];
        string text = "ab\n\n" + new string('x', 200_000) + "\n" + new string('y', JsonLineReader.MostBytes) + "\nz\nrest";
        using MemoryStream stream = new(Encoding.ASCII.GetBytes(text));
        JsonLineReader.Read(stream, (line, isWhole) => lines.Add((line?.Length, isWhole)));
        Assert.Equal([(2, true), (0, true), (200_000, true), (null, true), (1, true), (4, false)], lines);
    }

    private static string? Fact(XElement page, string name) =>
        page.Descendants("dt").First(term => term.Value == name).ElementsAfterSelf("dd").First().Value;

    private static string Step(long step, double loss) => string.Create(
        CultureInfo.InvariantCulture,
        $"{{\"kind\":\"step\",\"step\":{step},\"tokens\":{48 * step},\"loss\":{loss},\"learning_rate\":0.001,\"gradient_norm\":0.5,\"tokens_per_second\":100,\"seconds\":{step}}}\n");

    private static RunDirectory Run(TemporaryFolder folder, string? metrics)
    {
        using Corpus corpus = TinyRun.Corpus();
        RunDirectory run = RunDirectory.Create(folder["run"], TinyRun.Configuration(corpus), corpus.Vocabulary);
        if (metrics is not null)
        {
            File.WriteAllText(run.Metrics, metrics);
        }

        return run;
    }
}
