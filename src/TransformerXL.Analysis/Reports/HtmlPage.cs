using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using TransformerXL.Training.Corpora;

namespace TransformerXL.Analysis.Reports;

/// <summary>
/// A page in a single file: it makes no network requests, and its content security policy allows only the script and the style
/// that are written here. It works in light and dark mode, in print, without scripts, and from a width of 400 pixels.
/// </summary>
internal sealed record HtmlPage
{
    /// <summary>The title.</summary>
    public required string Title { get; init; }

    /// <summary>The result in a sentence or two.</summary>
    public required string Summary { get; init; }

    /// <summary>When it was written, and how long a browser waits before it loads the page again; null for a page that stays as it is.</summary>
    public PageRefresh? Refresh { get; init; }

    /// <summary>The sections.</summary>
    public required IReadOnlyList<ReportSection> Sections { get; init; }

    /// <summary>Writes the page, which is also well-formed XML after its first line.</summary>
    /// <param name="writer">The output; its encoding must be UTF-8.</param>
    public void Write(TextWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        string style = Resource("report.css") + Styles(), script = Resource("report.js");
        MarkupWriter markup = new(writer);
        writer.Write("<!DOCTYPE html>\n");
        markup.Open("html", ("lang", "en")).Line().Open("head").Line();
        markup.Empty("meta", ("charset", "utf-8")).Line();
        markup.Empty("meta", ("name", "generator"), ("content", RunFolders.PageMark)).Line();
        markup.Empty("meta", ("http-equiv", "Content-Security-Policy"), ("content", $"default-src 'none'; style-src {Hash(style)}; script-src {Hash(script)}; base-uri 'none'; form-action 'none'")).Line();
        markup.Empty("meta", ("name", "viewport"), ("content", "width=device-width, initial-scale=1")).Line();
        markup.Empty("meta", ("name", "color-scheme"), ("content", "light dark")).Line();
        Refresh?.WriteHead(markup);
        markup.Element("title", Title).Line().Open("style").OwnCode(style).Close().Line().Close().Line();
        markup.Open("body").Line().Open("header").Element("h1", Title).Element("p", Summary);
        Refresh?.WriteNotice(markup);
        markup.Close().Line().Open("main").Line();
        foreach (ReportSection section in Sections)
        {
            markup.Open("section").Element("h2", section.Title).Open("div", ("class", "parts"));
            foreach (ReportPart part in section.Parts)
            {
                part.Write(markup);
            }

            markup.Close().Close().Line();
        }

        markup.Close().Line().Open("script").OwnCode(script).Close().Line().Close().Line().Close().Line();
    }

    /// <summary>Rules that only some pages need.</summary>
    private string Styles() => Sections.SelectMany(section => section.Parts).Any(part => part is HeatMap) ? ColorScale.Styles() : "";

    private static string Hash(string code) => $"'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(code)))}'";

    private static string Resource(string name)
    {
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"the program was built without {name}");
        using StreamReader reader = new(stream, Encoding.UTF8);

        // Browsers hash the parsed text, and the parser converts other line ends to this one.
        return reader.ReadToEnd().ReplaceLineEndings("\n");
    }
}
