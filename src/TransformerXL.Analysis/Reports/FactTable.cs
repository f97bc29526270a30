namespace TransformerXL.Analysis.Reports;

/// <summary>Names and values, such as a configuration.</summary>
/// <param name="Title">The title.</param>
/// <param name="Facts">The names and values.</param>
internal sealed record FactTable(string Title, IReadOnlyList<(string Name, string Value)> Facts) : ReportPart
{
    internal override void Write(MarkupWriter markup)
    {
        markup.Line().Open("section", ("class", "facts")).Element("h3", Title).Open("dl");
        foreach ((string name, string value) in Facts)
        {
            markup.Open("div").Element("dt", name).Element("dd", value).Close();
        }

        markup.Close().Close().Line();
    }
}
