namespace TransformerXL.Analysis.Reports;

/// <summary>A table whose first column is the name of the row.</summary>
/// <param name="Columns">Names of the columns.</param>
/// <param name="Rows">Their values.</param>
internal sealed record ResultTable(IReadOnlyList<string> Columns, IReadOnlyList<IReadOnlyList<string>> Rows) : ReportPart
{
    internal override void Write(MarkupWriter markup)
    {
        markup.Line().Open("div", ("class", "scroll results"), ("tabindex", "0")).Open("table").Open("thead").Open("tr");
        foreach (string column in Columns)
        {
            markup.Element("th", column, ("scope", "col"));
        }

        markup.Close().Close().Open("tbody").Line();
        foreach (IReadOnlyList<string> row in Rows)
        {
            markup.Open("tr").Element("th", row[0], ("scope", "row"));
            for (int column = 1; column < row.Count; column++)
            {
                // On a narrow page each row is a list, and the head is not shown.
                markup.Element("td", row[column], ("data-column", Columns[column]));
            }

            markup.Close().Line();
        }

        markup.Close().Close().Close().Line();
    }
}
