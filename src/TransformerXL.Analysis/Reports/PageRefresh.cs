using System.Globalization;

namespace TransformerXL.Analysis.Reports;

/// <summary>Lets a browser load a page again and again while it is written anew.</summary>
/// <param name="Written">When it was written.</param>
/// <param name="Seconds">Seconds from one load to the next.</param>
public sealed record PageRefresh(DateTimeOffset Written, int Seconds)
{
    /// <summary>For browsers without script; with it the page waits while it is hidden or text in it is selected, and keeps what the reader chose.</summary>
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
