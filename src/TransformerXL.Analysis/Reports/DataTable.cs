namespace TransformerXL.Analysis.Reports;

/// <summary>The numbers of a chart: read by screen readers, and copied as CSV where scripts run.</summary>
/// <param name="Columns">Names of the columns.</param>
/// <param name="Rows">Their values.</param>
internal sealed record DataTable(IReadOnlyList<string> Columns, IReadOnlyList<IReadOnlyList<string>> Rows)
{
    public void Write(MarkupWriter markup)
    {
        markup.Open("details", ("class", "data"));
        markup.Element("summary", Rows.Count == 1 ? "Data: 1 row" : $"Data: {Rows.Count} rows");
        markup.Element("button", "Copy data as CSV", ("type", "button"), ("class", "copy"), ("hidden", "hidden"));
        markup.Open("div", ("class", "scroll"), ("tabindex", "0")).Open("table").Open("thead").Open("tr");
        foreach (string column in Columns)
        {
            markup.Element("th", column, ("scope", "col"));
        }

        markup.Close().Close().Open("tbody").Line();
        foreach (IReadOnlyList<string> row in Rows)
        {
            markup.Open("tr");
            foreach (string value in row)
            {
                markup.Element("td", value);
            }

            markup.Close().Line();
        }

        markup.Close().Close().Close().Close();
    }
}
