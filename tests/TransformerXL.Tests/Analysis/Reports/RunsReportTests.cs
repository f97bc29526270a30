using System.Globalization;
using System.Xml.Linq;
using TransformerXL.Analysis.Reports;
using TransformerXL.Testing;
using TransformerXL.Tests.Training;
using TransformerXL.Text;
using TransformerXL.Training;
using TransformerXL.Training.Corpora;
using Xunit;

namespace TransformerXL.Tests.Analysis.Reports;

public sealed class RunsReportTests
{
    [Fact]
    public void Curves_of_several_runs_lie_in_one_chart_and_settings_that_differ_in_a_table()
    {
        using TemporaryFolder folder = new();
        XElement page = Write(folder, Run(folder, "slow", 0.001, 3.5, 3.25), Run(folder, "fast", 0.004, 3.0, 2.5));
        Pages.AssertSelfContained(page);
        XElement chart = Assert.Single(page.Descendants("figure"));
        Assert.Equal(["slow", "fast"], chart.Descendants("li").Select(item => item.Value));
        Assert.Equal(["Loss on", "Unit", "Over"], chart.Descendants("legend").Select(legend => legend.Value));
        Assert.Equal(2 * 2 * 3, chart.Elements("div").Count(part => part.Descendants("svg").Any()));
        Assert.Contains("Lowest validation loss: 2.500 nats per token, fast", chart.Element("figcaption")!.Value, StringComparison.Ordinal);
        Assert.Contains("fast has the best validation: 3.607 bits per character, at step 20.", page.Value, StringComparison.Ordinal);
        XElement row = Assert.Single(page.Descendants("tr"), row => row.Element("th")?.Value == "training.learningRate");
        Assert.Equal(["0.001", "0.004"], row.Elements("td").Select(cell => cell.Value));
        Assert.DoesNotContain(page.Descendants("th"), cell => cell.Value == "training.batchSize");
    }

    [Fact]
    public void Runs_whose_folders_have_the_same_name_are_told_apart_by_their_paths()
    {
        using TemporaryFolder folder = new();
        RunDirectory one = Run(folder, "a/run", 0.001, 3), other = Run(folder, "b/run", 0.001, 3);
        Assert.Equal([one.Path, other.Path], Write(folder, one, other).Descendants("li").Select(item => item.Value));
    }

    [Fact]
    public void Runs_with_different_tokens_are_compared_by_bits_per_character()
    {
        using TemporaryFolder folder = new();
        RunDirectory characters = Run(folder, "characters", 0.001, 1.4), words = Words(folder, 3.5, bitsPerCharacter: 1.25);
        XElement page = Write(folder, words, characters);
        Assert.Equal(["bits per character", "nats per token"], page.Descendants("input").Where(input => input.Attribute("name")!.Value == "losses-u").Select(input => input.Attribute("value")!.Value));
        Assert.Contains("words has the best validation: 1.250 bits per character, at step 10.", page.Value, StringComparison.Ordinal);
        Assert.Contains("losses per token cannot be compared", page.Value, StringComparison.Ordinal);
    }

    [Fact]
    public void Runs_without_a_common_unit_are_not_ranked()
    {
        using TemporaryFolder folder = new();
        XElement page = Write(folder, Words(folder, 3.5, bitsPerCharacter: null), Run(folder, "characters", 0.001, 1.4));
        Assert.Contains("no unit in common", page.Value, StringComparison.Ordinal);
        Assert.DoesNotContain("has the best validation", page.Value, StringComparison.Ordinal);
        Assert.DoesNotContain("Lowest", page.Value, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_without_reports_is_no_obstacle()
    {
        using TemporaryFolder folder = new();
        XElement page = Write(folder, Run(folder, "new", 0.001), Run(folder, "old", 0.001, 3));
        Assert.Contains("none yet", page.Value, StringComparison.Ordinal);
        Assert.Contains("All settings are the same.", page.Value, StringComparison.Ordinal);
    }

    private static XElement Write(TemporaryFolder folder, params RunDirectory[] runs)
    {
        RunsReport.Write(runs, folder["page.html"]);
        return Pages.Parse(File.ReadAllText(folder["page.html"]));
    }

    private static RunDirectory Words(TemporaryFolder folder, double loss, double? bitsPerCharacter)
    {
        using Corpus corpus = Corpus.FromText(string.Concat(Enumerable.Repeat("the reader keeps a token\n", 40)), new CorpusOptions { Vocabulary = new VocabularyOptions { Kind = VocabularyKind.Words } });
        RunDirectory run = RunDirectory.Create(folder["words"], TinyRun.Configuration(corpus), corpus.Vocabulary);
        File.WriteAllText(run.Metrics, string.Create(CultureInfo.InvariantCulture, $"{{\"kind\":\"validation\",\"step\":10,\"loss\":{loss},{(bitsPerCharacter is { } bits ? $"\"bits_per_character\":{bits.ToString(CultureInfo.InvariantCulture)}," : "")}\"sample\":\"\"}}\n"));
        return run;
    }

    private static RunDirectory Run(TemporaryFolder folder, string name, double rate, params double[] losses)
    {
        using Corpus corpus = TinyRun.Corpus();
        RunConfiguration configuration = TinyRun.Configuration(corpus);
        RunDirectory run = RunDirectory.Create(folder[name], configuration with { Training = configuration.Training with { LearningRate = rate } }, corpus.Vocabulary);
        File.WriteAllText(run.Metrics, string.Concat(losses.Select((loss, i) => string.Create(
            CultureInfo.InvariantCulture,
            $"{{\"kind\":\"step\",\"step\":{10 * (i + 1)},\"tokens\":{480 * (i + 1)},\"loss\":{loss + 1},\"learning_rate\":0.001,\"gradient_norm\":0.5,\"tokens_per_second\":100,\"seconds\":{i}}}\n{{\"kind\":\"validation\",\"step\":{10 * (i + 1)},\"loss\":{loss},\"sample\":\"\"}}\n"))));
        return run;
    }
}
