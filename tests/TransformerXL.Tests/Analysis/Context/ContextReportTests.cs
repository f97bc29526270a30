using System.Xml.Linq;
using TransformerXL.Analysis.Context;
using TransformerXL.Testing;
using TransformerXL.Tests.Analysis.Reports;
using Xunit;

namespace TransformerXL.Tests.Analysis.Context;

public class ContextReportTests
{
    [Fact]
    public void The_titles_state_the_findings()
    {
        string[] titles = [.. Write(Comparison(withDistances: true)).Descendants("figcaption").Select(title => title.Value)];
        Assert.Equal(
            [
                "At the hardest 50 % of positions far uses at least 30 tokens, near 10",
                "At all positions far uses at least 30 tokens, near 10",
                "With 30 instead of 10 tokens of context the perplexity of near goes from 4.00 to 4.00, of far goes from 8.00 to 2.00",
                "near loses 0.50 bits beyond the optimum on answers at a distance of 1, 2.00 at 5 to 8; far loses 0.50 bits beyond the optimum on answers at a distance of 1, 2.00 at 5 to 8",
            ],
            titles);
    }

    [Fact]
    public void Without_an_optimum_there_is_no_section_about_distances()
    {
        XElement page = Write(Comparison(withDistances: false));
        Assert.Equal(["Effective context length", "Gain from more context", "Loss over context"], page.Descendants("h2").Select(title => title.Value));
    }

    [Fact]
    public void Few_characters_are_no_point_of_the_chart() =>
        Assert.DoesNotContain("9 to 16", Write(Comparison(withDistances: true)).ToString(), StringComparison.Ordinal);

    private static XElement Write(ContextComparison comparison)
    {
        using TemporaryFolder folder = new();
        ContextReport.Write(comparison, folder["page.html"]);
        XElement page = Pages.Parse(File.ReadAllText(folder["page.html"]));
        Pages.AssertSelfContained(page);
        return page;
    }

    private static ContextComparison Comparison(bool withDistances)
    {
        double bit = Math.Log(2);
        DistanceLoss[] distances = [new(0, 0, 900, bit, 1.5 * bit), new(1, 1, 100, bit, 1.5 * bit), new(5, 8, 50, 0, 2 * bit), new(9, 16, 3, 0, 7 * bit)];
        return ContextComparison.Of("test text", "token", [0.5, 1], [Table("near", 4, 4, 4), Table("far", 8, 3, 2)], withDistances ? [distances, distances] : null);
    }

    private static LossTable Table(string name, params double[] perplexities) =>
        new(name, [10, 20, 30], 2, [.. perplexities.SelectMany(value => Enumerable.Repeat((float)Math.Log(value), 2))]);
}
