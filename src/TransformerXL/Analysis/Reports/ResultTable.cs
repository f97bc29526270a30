namespace TransformerXL.Analysis.Reports;

/// <summary>A table whose first column names what each row is about.</summary>
/// <param name="Columns">Names of the columns.</param>
/// <param name="Rows">Their values.</param>
public sealed record ResultTable(IReadOnlyList<string> Columns, IReadOnlyList<IReadOnlyList<string>> Rows) : ReportPart
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
            foreach (string value in row.Skip(1))
            {
                markup.Element("td", value);
            }

            markup.Close().Line();
        }

        markup.Close().Close().Close().Line();
    }
}
