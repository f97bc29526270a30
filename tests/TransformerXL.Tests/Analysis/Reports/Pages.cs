using System.Xml;
using System.Xml.Linq;
using TransformerXL.Analysis.Reports;
using Xunit;

namespace TransformerXL.Tests.Analysis.Reports;

/// <summary>Pages as XML.</summary>
internal static class Pages
{
    public static string Write(params ReportPart[] parts)
    {
        using StringWriter writer = new();
        new HtmlPage { Title = "T", Summary = "S", Sections = [new ReportSection("Section", parts)] }.Write(writer);
        return writer.ToString();
    }

    /// <summary>A strict reader refuses what is not closed, not escaped, or no character of XML.</summary>
    public static XElement Parse(string page)
    {
        const string doctype = "<!DOCTYPE html>\n";
        Assert.StartsWith(doctype, page, StringComparison.Ordinal);
        using XmlReader reader = XmlReader.Create(new StringReader(page[doctype.Length..]), new XmlReaderSettings { CheckCharacters = true });
        return XDocument.Load(reader, LoadOptions.PreserveWhitespace).Root!;
    }

    /// <summary>Nothing in the page makes a browser ask anyone for anything.</summary>
    public static void AssertSelfContained(XElement page)
    {
        string[] referring = ["src", "href", "srcset", "data", "action", "poster", "background", "style"];
        Assert.DoesNotContain(page.DescendantsAndSelf().Attributes(), attribute => referring.Contains(attribute.Name.LocalName) || attribute.Name.LocalName.StartsWith("on", StringComparison.Ordinal));
        Assert.Empty(page.Descendants("link").Concat(page.Descendants("img")).Concat(page.Descendants("iframe")));
        foreach (XElement code in page.Descendants("style").Concat(page.Descendants("script")))
        {
            Assert.DoesNotMatch(@"url\(|@import|https?:|//[a-z]|fetch\(|XMLHttpRequest", code.Value);
        }
    }
}
