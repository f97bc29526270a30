using System.Globalization;

namespace TransformerXL.Analysis.Reports;

/// <summary>Makes a browser reload a page that is rewritten regularly.</summary>
/// <param name="Written">When it was written.</param>
/// <param name="Seconds">Seconds from one load to the next.</param>
public sealed record PageRefresh(DateTimeOffset Written, int Seconds)
{
    /// <summary>For browsers without scripts; the script delays the reload while the page is hidden or text in it is selected, and keeps the reader's choices.</summary>
    internal void WriteHead(MarkupWriter markup) =>
        markup.Open("noscript").Empty("meta", ("http-equiv", "refresh"), ("content", Count)).Close().Line();

    internal void WriteNotice(MarkupWriter markup)
    {
        markup.Open("div", ("class", "live"), ("data-written", Written.UtcDateTime.ToString("O", CultureInfo.InvariantCulture)), ("data-seconds", Count));
        markup.Element("span", $"Training; written at {Written.ToString("HH:mm:ss", CultureInfo.InvariantCulture)}.");
        markup.Open("label", ("hidden", "hidden")).Empty("input", ("type", "checkbox"), ("name", "refresh"), ("value", "on"), ("checked", "checked")).Text($"refresh every {Count} seconds").Close().Close();
    }

    private string Count => Seconds.ToString(CultureInfo.InvariantCulture);
}
