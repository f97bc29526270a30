using System.Globalization;
using System.Xml.Linq;
using TransformerXL.Analysis.Attention;
using TransformerXL.Models;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Testing;
using TransformerXL.Tests.Analysis.Reports;
using TransformerXL.Text;
using Xunit;

namespace TransformerXL.Tests.Analysis.Attention;

public class AttentionReportTests
{
    [Theory]
    [InlineData(Kinds.TransformerXL, "layer,head,distance,score_a,alone_a,score_b,alone_b,score_c,alone_c,score_d,alone_d", 9)]
    [InlineData(Kinds.Vaswani, "layer,head,distance,score_a,alone_a", 3)]
    public void A_folder_holds_a_page_and_the_numbers_of_its_pictures(string kind, string terms, int heatMaps)
    {
        using TemporaryFolder folder = new();
        AttentionReport report = Report(kind);
        IReadOnlyList<string> files = report.Write(Path.Combine(folder.Path, "new/attention"));
        Assert.Equal(["attention.html", "attention.csv", "heads.csv", "targets.csv", "terms.csv"], files.Select(Path.GetFileName));
        XElement page = Pages.Parse(File.ReadAllText(files[0]));
        Pages.AssertSelfContained(page);
        Assert.Equal(heatMaps, page.Descendants("desc").Count(text => text.Value.StartsWith("Heat map", StringComparison.Ordinal)));
        Assert.Equal(6, page.Descendants("p").Count(text => text.Attribute("class")?.Value == "colored"));
        Assert.Equal(terms, File.ReadLines(files[4]).First());
        string[] rows = File.ReadAllLines(files[1]);
        Assert.Equal(1 + (4 * 40), rows.Length);
        double sum = rows.Skip(1).Where(row => row.StartsWith("2,1,", StringComparison.Ordinal)).Sum(row => double.Parse(row.Split(',')[3], CultureInfo.InvariantCulture));
        Assert.Equal(1, sum, 1e-4);
    }

    [Fact]
    public void Distances_of_a_picture_are_single_near_by_and_grouped_far_away()
    {
        DistanceBins bins = new(640);
        Assert.Equal("31", bins.Names[31]);
        Assert.Contains("–639", bins.Names[^1], StringComparison.Ordinal);
        Assert.InRange(bins.Names.Count, 60, 100);
        Assert.All(bins.Means([.. Enumerable.Repeat(3.0, 640)]), mean => Assert.Equal(3, mean, 1e-12));
        Assert.Equal(["0"], new DistanceBins(1).Names);
    }

    private static AttentionReport Report(string kind)
    {
        using CpuBackend backend = new(threads: 1);
        TransformerXLModel model = new(new TransformerXLConfiguration { VocabularySize = 256, Layers = 2, ModelSize = 16, Heads = 2 }.AsAttention(kind));
        ByteVocabulary vocabulary = new();
        AttentionOptions options = AttentionOptions.ForTrained(new() { TargetLength = 20, MemoryLength = 20 });
        string text = string.Concat(Enumerable.Repeat("Größe <b>&amp;\t\"x\", y\n", 6));
        return new AttentionReport { Map = new AttentionReader(model, backend).Read(vocabulary.Encode(text), options), Vocabulary = vocabulary, Model = "m", Text = "t", Widest = 2 };
    }
}
