using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Xml.Linq;
using FsCheck;
using FsCheck.Fluent;
using TransformerXL.Analysis.Reports;
using Xunit;

namespace TransformerXL.Tests.Analysis.Reports;

public sealed class ChartTests
{
    private const string Hostile = "<script>alert('x')</script> & \"q\" \u0000\u0007\u007f\u0085 \ud800 \udc00 \ufffe \ud83d\ude00";

    private static readonly ChartAxis X = new("step"), Y = new("loss (nats)");

    private static readonly string[] KindNames = ["line", "bar", "heat", "text", "facts", "sample", "paragraph"];

    public static TheoryData<string> Kinds => new(KindNames);

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Any_text_is_escaped_and_the_page_is_well_formed(string kind)
    {
        XElement page = Pages.Parse(Pages.Write(Part(kind, Hostile)));
        Pages.AssertSelfContained(page);
        Assert.Single(page.Descendants("script"));
        Assert.Contains("<script>alert('x')</script> & \"q\" \u2400\u2407\u2421\uFFFD \uFFFD \uFFFD \uFFFD \U0001F600", page.Value, StringComparison.Ordinal);
    }

    [Fact]
    public void Clean_text_is_valid_xml_for_any_string() =>
        Check.One(Config.QuickThrowOnFailure, Prop.ForAll(ArbMap.Default.ArbFor<char[]>(), characters =>
        {
            string clean = DisplayText.Clean(new string(characters));
            Assert.Equal(clean, System.Xml.XmlConvert.VerifyXmlChars(clean));
            Assert.DoesNotContain('\r', clean);
            Assert.Equal(clean, new UTF8Encoding(false, true).GetString(Encoding.UTF8.GetBytes(clean)));
        }));

    [Theory]
    [InlineData("line")]
    [InlineData("bar")]
    [InlineData("heat")]
    public void A_picture_has_a_name_and_a_description_for_those_who_hear_it(string kind)
    {
        XElement picture = Pages.Parse(Pages.Write(Part(kind, "memory"))).Descendants("svg").Single(svg => (string?)svg.Attribute("role") == "img");
        Assert.Equal((string?)picture.Attribute("aria-labelledby"), $"{(string?)picture.Element("title")!.Attribute("id")} {(string?)picture.Element("desc")!.Attribute("id")}");
        Assert.NotEmpty(picture.Element("title")!.Value);
        Assert.NotEmpty(picture.Element("desc")!.Value);
    }

    [Fact]
    public void Ids_are_never_used_twice()
    {
        XElement page = Pages.Parse(Pages.Write([.. KindNames.Concat(KindNames).Select(kind => Part(kind, kind))]));
        string[] ids = [.. page.Descendants().Attributes("id").Select(id => id.Value)];
        Assert.Equal(ids.Length, ids.Distinct().Count());
    }

    [Fact]
    public void The_security_policy_allows_the_style_and_the_script_of_the_page_and_nothing_else()
    {
        XElement page = Pages.Parse(Pages.Write());
        string policy = page.Descendants("meta").Single(meta => (string?)meta.Attribute("http-equiv") == "Content-Security-Policy").Attribute("content")!.Value;
        string Hash(string element) => Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(page.Descendants(element).Single().Value)));
        Assert.Equal($"default-src 'none'; style-src 'sha256-{Hash("style")}'; script-src 'sha256-{Hash("script")}'; base-uri 'none'; form-action 'none'", policy);
    }

    [Fact]
    public void The_table_of_a_line_chart_holds_every_point_in_the_row_of_its_place()
    {
        LineChart chart = new()
        {
            Title = "t",
            X = X,
            Y = Y,
            Series = [new LineSeries("training", [new(1, 4, 3, 5), new(2, 2)]), new LineSeries("validation", [new(2, 2.5), new(3, 2.25)])],
        };
        XElement table = Pages.Parse(Pages.Write(chart)).Descendants("table").Single();
        string[] rows = [.. table.Descendants("tr").Select(row => string.Join('|', row.Elements().Select(cell => cell.Value)))];
        Assert.Equal(["step|training, mean|training, least|training, greatest|validation", "1|4|3|5|", "2|2|2|2|2.5", "3||||2.25"], rows);
    }

    [Fact]
    public void Points_without_a_place_are_not_drawn()
    {
        LineChart chart = new()
        {
            Title = "t",
            X = X,
            Y = new ChartAxis("norm", AxisScale.Logarithmic),
            Series = [new LineSeries("norm", [new(1, 0), new(2, double.NaN), new(3, 10), new(4, 100), new(5, -1)])],
        };
        string outline = Pages.Parse(Pages.Write(chart)).Descendants("path").Single(path => path.Attribute("class")!.Value.StartsWith("line", StringComparison.Ordinal)).Attribute("d")!.Value;
        Assert.Equal(2, outline.Count(c => c is 'M' or 'L'));
        Assert.DoesNotContain("NaN", outline, StringComparison.Ordinal);
    }

    [Fact]
    public void A_chart_of_nothing_says_so()
    {
        LineChart chart = new() { Title = "t", X = X, Y = Y, Series = [] };
        Assert.Contains("no data yet", Pages.Parse(Pages.Write(chart)).Value, StringComparison.Ordinal);
    }

    [Fact]
    public void Cells_of_a_heat_map_cover_all_finite_values_and_no_other()
    {
        HeatMap map = new()
        {
            Title = "t",
            ValueLabel = "attention",
            RowLabel = "query",
            ColumnLabel = "key",
            Rows = ["a", "b"],
            Columns = ["a", "b", "c"],
            Values = [1, double.NaN, 1, 0, 0, 0],
        };
        XElement[] cells = [.. Pages.Parse(Pages.Write(map)).Descendants("path").Where(path => path.Attribute("class")!.Value.StartsWith("cells", StringComparison.Ordinal))];
        Assert.Equal(["M0 1h3v1h-3z", "M0 0h1v1h-1zM2 0h1v1h-1z"], cells.Select(path => path.Attribute("d")!.Value));
        Assert.Equal(["cells q0", "cells q31"], cells.Select(path => path.Attribute("class")!.Value));
        string style = Pages.Parse(Pages.Write(map)).Descendants("style").Single().Value;
        Assert.Contains(".q0 { fill: #00204d; }", style, StringComparison.Ordinal);
        Assert.Contains(".q31 { fill: #ffea46; }", style, StringComparison.Ordinal);
    }

    /// <summary>Zero is white on a white page; on a dark one it would shine.</summary>
    [Fact]
    public void The_colours_of_a_heat_map_around_zero_have_a_dark_middle_on_dark_pages()
    {
        HeatMap map = new() { Title = "t", ValueLabel = "score", RowLabel = "r", ColumnLabel = "c", Rows = ["a"], Columns = ["a"], Values = [0], Scale = ColorScale.Diverging(1) };
        string style = Pages.Parse(Pages.Write(map)).Descendants("style").Single().Value;
        string[] middles = [.. System.Text.RegularExpressions.Regex.Matches(style, @"\.d16 \{ fill: #([0-9a-f]{6})").Select(match => match.Groups[1].Value)];
        Assert.Equal(3, middles.Length);
        Assert.True(Convert.ToInt32(middles[0][..2], 16) > 0xe0, $"light pages: {middles[0]}");
        Assert.All(middles[1..], middle => Assert.True(Convert.ToInt32(middle[..2], 16) < 0x40, $"dark pages: {middle}"));
        Assert.DoesNotContain(".d16", Pages.Write(), StringComparison.Ordinal);
    }

    [Fact]
    public void Bars_begin_at_zero_on_both_sides()
    {
        BarChart chart = new() { Title = "t", ValueLabel = "gain", CategoryLabel = "head", Bars = [new Bar("a", 10), new Bar("b", -10)] };
        XElement[] bars = [.. Pages.Parse(Pages.Write(chart)).Descendants("rect")];
        Assert.Equal([50.0, 0.0], bars.Select(bar => Percent(bar, "x")));
        Assert.All(bars, bar => Assert.Equal(50, Percent(bar, "width")));
    }

    private static double Percent(XElement element, string attribute) =>
        double.Parse(element.Attribute(attribute)!.Value.TrimEnd('%'), CultureInfo.InvariantCulture);

    private static ReportPart Part(string kind, string text) => kind switch
    {
        "line" => new LineChart { Title = text, X = X with { Label = text }, Y = Y with { Label = text }, Series = [new LineSeries(text, [new(1, 2), new(2, 1, 0.5, 2)]), new LineSeries(text, [new(1, 3)], true)], Marks = [new ChartMark(2, 1, text)], Note = text },
        "bar" => new BarChart { Title = text, ValueLabel = text, CategoryLabel = text, Bars = [new Bar(text, 2), new Bar(text, double.NaN)], Note = text },
        "heat" => new HeatMap { Title = text, ValueLabel = text, RowLabel = text, ColumnLabel = text, Rows = [text], Columns = [text, text], Values = [1, 2], Note = text },
        "text" => new ColoredText { Title = text, ValueLabel = text, Tokens = [new ColoredToken(text, 1), new ColoredToken(text, double.NaN)], Note = text },
        "facts" => new FactTable(text, [(text, text)]),
        "sample" => new TextSample(text, text, true),
        _ => new Paragraph(text),
    };
}
