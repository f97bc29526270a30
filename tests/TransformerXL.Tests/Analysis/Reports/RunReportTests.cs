using System.Globalization;
using System.Text;
using System.Xml.Linq;
using TransformerXL.Analysis.Reports;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Testing;
using TransformerXL.Tests.Training;
using TransformerXL.Training;
using TransformerXL.Training.Corpora;
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
        Assert.Equal(4, page.Descendants("figure").Count());
        Assert.Equal(2, page.Descendants("pre").Count());
        string best = string.Create(CultureInfo.InvariantCulture, $"The best validation loss is {result.State.BestValidationLoss:0.000} nats per token");
        Assert.Contains(best, page.Value, StringComparison.Ordinal);
        Assert.Contains($"at step {result.State.BestStep}.", page.Value, StringComparison.Ordinal);
        Assert.Equal("24", Fact(page, "modelSize"));
        Assert.Equal(backend.Isa.ToString(), Fact(page, "instruction set"));
        Assert.Equal("2", Fact(page, "threads"));
    }

    [Fact]
    public void The_loss_is_one_chart_with_a_switch_for_unit_and_axis()
    {
        using TemporaryFolder folder = new();
        XElement page = Pages.Parse(File.ReadAllText(RunReport.Write(Run(folder, Step(10, 4) + Validation(10, 3.5, "") + Step(20, 3) + Validation(20, 2.5, "")))));
        XElement chart = Assert.Single(page.Descendants("figure"), figure => figure.Attribute("class")!.Value.Contains("switched", StringComparison.Ordinal));
        Assert.Equal(["Unit: bits per character, nats per token", "Over: steps, tokens, time"], chart.Descendants("fieldset").Select(group => $"{group.Element("legend")!.Value}: {string.Join(", ", group.Descendants("input").Select(input => input.Attribute("value")!.Value))}"));

        // One input of each switch is checked, and there is a picture for each combination.
        Assert.Equal(2, chart.Descendants("input").Count(input => input.Attribute("checked") is not null));
        Assert.Equal(["u0 a0", "u0 a1", "u0 a2", "u1 a0", "u1 a1", "u1 a2"], chart.Elements("div").Where(part => part.Descendants("svg").Any()).Select(part => part.Attribute("class")!.Value));
        string style = page.Descendants("style").Single().Value;
        Assert.All(chart.Descendants("input"), input => Assert.Contains($".switched:has(.{input.Attribute("class")!.Value}:checked)", style, StringComparison.Ordinal));

        // Each in its unit.
        Assert.Contains("Validation bits per character fell from 5.049 to 3.607", chart.Element("figcaption")!.Value, StringComparison.Ordinal);
        Assert.Contains("Validation loss fell from 3.5 to 2.5 nats per token", chart.Element("figcaption")!.Value, StringComparison.Ordinal);
        Assert.Equal(2, chart.Descendants("text").Count(text => text.Value == "seconds of training"));
    }

    [Fact]
    public void Bits_per_byte_and_the_entropy_of_single_tokens_are_shown_if_the_log_has_them()
    {
        using TemporaryFolder folder = new();
        string start = "{\"kind\":\"start\",\"step\":0,\"unigram_entropy\":3.25,\"time\":\"2026-01-01T00:00:00Z\",\"processor\":\"p\",\"isa\":\"i\",\"threads\":1,\"runtime\":\"r\",\"system\":\"s\"}\n";
        XElement page = Pages.Parse(File.ReadAllText(RunReport.Write(Run(folder, start + Step(10, 4) + Validation(10, 2 * Math.Log(2), ",\"bits_per_byte\":1")))));
        XElement chart = page.Descendants("figure").First();
        Assert.Contains("bits per byte", chart.Descendants("input").Select(input => input.Attribute("value")!.Value));
        Assert.Contains("best: 1", chart.Descendants("text").Select(text => text.Value));
        Assert.Contains("best: 2", chart.Descendants("text").Select(text => text.Value));
        Assert.Contains("unigram entropy: 3.25", chart.Descendants("text").Select(text => text.Value));
        Assert.Contains(chart.Descendants("line"), line => line.Attribute("class")!.Value == "reference");
    }

    [Fact]
    public void A_page_of_a_training_that_goes_on_loads_itself_again_with_and_without_script()
    {
        using TemporaryFolder folder = new();
        RunDirectory run = Run(folder, Step(10, 4));
        XElement live = Pages.Parse(File.ReadAllText(RunReport.Write(run, refresh: new PageRefresh(DateTimeOffset.UnixEpoch, 5))));
        Pages.AssertSelfContained(live);
        XElement meta = Assert.Single(live.Descendants("noscript").Elements("meta"));
        Assert.Equal(("refresh", "5"), ((string?)meta.Attribute("http-equiv"), (string?)meta.Attribute("content")));
        XElement notice = live.Descendants("div").Single(part => (string?)part.Attribute("class") == "live");
        Assert.Equal(("1970-01-01T00:00:00.0000000Z", "5"), ((string?)notice.Attribute("data-written"), (string?)notice.Attribute("data-seconds")));
        XElement final = Pages.Parse(File.ReadAllText(RunReport.Write(run)));
        Assert.Empty(final.Descendants("noscript").Concat(final.Descendants("div").Where(part => (string?)part.Attribute("class") == "live")));
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
        Assert.Contains("Each point is the mean of 256 consecutive reports", parsed.Value, StringComparison.Ordinal);
    }

    [Fact]
    public void Lines_of_any_length_are_read_whole_and_too_long_ones_reported()
    {
        List<(int? Length, bool IsWhole)> lines = [];
        string text = "ab\n\n" + new string('x', 200_000) + "\n" + new string('y', JsonLineReader.MaxBytes) + "\nz\nrest";
        using MemoryStream stream = new(Encoding.ASCII.GetBytes(text));
        JsonLineReader.Read(stream, (line, isWhole) => lines.Add((line?.Length, isWhole)));
        Assert.Equal([(2, true), (0, true), (200_000, true), (null, true), (1, true), (4, false)], lines);
    }

    private static string? Fact(XElement page, string name) =>
        page.Descendants("dt").First(term => term.Value == name).ElementsAfterSelf("dd").First().Value;

    private static string Step(long step, double loss) => string.Create(
        CultureInfo.InvariantCulture,
        $"{{\"kind\":\"step\",\"step\":{step},\"tokens\":{48 * step},\"loss\":{loss},\"learning_rate\":0.001,\"gradient_norm\":0.5,\"tokens_per_second\":100,\"seconds\":{step}}}\n");

    private static string Validation(long step, double loss, string more) => string.Create(CultureInfo.InvariantCulture, $"{{\"kind\":\"validation\",\"step\":{step},\"loss\":{loss}{more},\"sample\":\"\"}}\n");

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
