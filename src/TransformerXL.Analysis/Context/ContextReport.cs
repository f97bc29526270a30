using System.Globalization;
using System.Text;
using TransformerXL.Analysis.Reports;
using TransformerXL.Files;

namespace TransformerXL.Analysis.Context;

/// <summary>The page about a <see cref="ContextComparison"/>: effective context lengths, gains and losses over context length (figures 3 and 4 of Dai et al. 2019), losses by distance.</summary>
public static class ContextReport
{
    /// <summary>Writes the page, all or nothing.</summary>
    /// <param name="comparison">The findings.</param>
    /// <param name="path">The file.</param>
    /// <exception cref="IOException">Nothing can be written there.</exception>
    public static void Write(ContextComparison comparison, string path)
    {
        ArgumentNullException.ThrowIfNull(comparison);
        HtmlPage page = Compose(comparison);
        AtomicFile.Write(path, stream =>
        {
            using StreamWriter writer = new(stream, new UTF8Encoding(false), leaveOpen: true);
            page.Write(writer);
        });
    }

    private static HtmlPage Compose(ContextComparison comparison)
    {
        LossTable first = comparison.Models[0].Losses;
        List<ReportSection> sections =
        [
            new("Effective context length", [.. Tables(comparison), new Paragraph(Explain(comparison))]),
            new("Gain from more context", [.. comparison.Fractions.Select((_, i) => ContextCharts.Gains(comparison, i))]),
            new("Loss over context", [ContextCharts.Losses(comparison)]),
        ];
        if (comparison.Models.Any(model => model.ByDistance.Count > 0))
        {
            sections.Add(new("Loss by distance", ContextCharts.ByDistance(comparison)));
        }

        return new HtmlPage
        {
            Title = "Effective context length of " + Join(comparison.Models.Select(model => model.Name)),
            Summary = ContextFindings.Lengths(comparison, 0) + string.Create(
                CultureInfo.InvariantCulture,
                $". Measured at {first.Positions:N0} positions of the {comparison.Text} with contexts of {first.Lengths[0]} to {first.Lengths[^1]} {comparison.Unit}s."),
            Sections = sections,
        };
    }

    private static IEnumerable<ReportPart> Tables(ContextComparison comparison)
    {
        for (int i = 0; i < comparison.Fractions.Count; i++)
        {
            int fraction = i;
            yield return new FactTable(
                $"Relative, {ContextFindings.Positions(comparison.Fractions[i])}",
                [.. comparison.Models.Select(model => (model.Name, ContextFindings.Tokens(model.Relative[fraction], comparison.Unit)))]);
        }

        yield return new FactTable("By itself", [.. comparison.Models.Select(model => (model.Name, ContextFindings.Tokens(model.Plain, comparison.Unit)))]);
    }

    private static string Explain(ContextComparison comparison) =>
        $"Each model reads a context of c {comparison.Unit}s and nothing else, and predicts the next. Starting at the shortest c, c grows as long as that lowers the perplexity by at least one percent; the c where it stops is the effective context length. "
        + "The relative one (Dai et al. 2019, appendix C) counts only what lowers the best loss of all models compared here, at the share r of positions where that loss is highest; the plain one compares a model only with itself, which favours weak models.";

    private static string Join(IEnumerable<string> names) => string.Join(", ", names);
}
